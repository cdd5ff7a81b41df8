"""Draft what an author is told when a person rejects their comment: the reason, the words at fault, what is known.

It is written to the author. A moderator may change it; what was sent is kept with the decision.
"""

from collections.abc import Mapping, Sequence

from service.comment import Category, Flag, Reason, Verdict

SENTENCES: Mapping[Reason, str] = {
    "spam": "It was taken for spam.",
    "advertising": "It advertises something.",
    "health_misinformation": "It states something about health that the evidence contradicts.",
    "dangerous_advice": "It gives advice that could harm somebody.",
    "unlawful_sale": "It offers something for sale that may not be sold this way.",
    "off_topic": "It is not about the article.",
    "abuse": "It attacks somebody.",
    "hate": "It attacks people for who they are.",
    "personal_data": "It contains somebody's personal data.",
    "impersonation": "It was written in somebody else's name.",
    "illegal_content": "It contains something unlawful.",
    "other": "The moderators decided so.",
}
BACKED_BY: Mapping[Reason, Category] = {
    "spam": "spam",
    "advertising": "spam",
    "unlawful_sale": "spam",
    "health_misinformation": "health",
    "dangerous_advice": "health",
}
_MOST_QUOTES = 2
_LONGEST_QUOTE = 160


def draft(reason: Reason, verdict: Verdict) -> str:
    """Return a statement of reasons: one sentence for the reason, then the evidence that backs it, if any."""
    said = evidence(BACKED_BY.get(reason), verdict)
    return f"{SENTENCES[reason]} {said}".strip()


def evidence(category: Category | None, verdict: Verdict) -> str:
    """Return the words of the comment that flags of a category rest on, and what contradicts them."""
    flags = [flag for flag in verdict.flags if flag.category == category]
    quotes = _quotes(flags)
    said = [f"It says: {' and '.join(f'“{quote}”' for quote in quotes)}."] if quotes else []
    for flag in flags:
        if flag.claim and flag.claim.stance in ("asserts", "promotes"):
            publishers = ", ".join(dict.fromkeys(source.publisher for source in flag.claim.sources))
            known = flag.claim.correction.rstrip(".")
            said.append(f"What is known: {known} ({publishers})." if publishers else f"What is known: {known}.")
    return " ".join(dict.fromkeys(said))


def _quotes(flags: Sequence[Flag]) -> list[str]:
    found = [each for flag in flags for each in flag.evidence if each.field == "body" and each.weight > 0]
    strongest = sorted(found, key=lambda each: -each.weight)
    quotes = dict.fromkeys(" ".join(each.text.split()) for each in strongest)
    return [q if len(q) <= _LONGEST_QUOTE else f"{q[:_LONGEST_QUOTE]}…" for q in quotes][:_MOST_QUOTES]
