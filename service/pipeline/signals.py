"""Turn the circumstances of a submission into findings: cheap evidence beside what the models say.

Each of these moves a comment to the queue; none rejects it, for a reader with an odd browser, a password manager or
no script trips them, too.
"""

from collections.abc import Iterator

from service.comment import Category, Context, Finding, Normal, Source

MIN_SECONDS = 2.0
"""A person reads the form and types for longer than this; measured from the form's token to the POST."""
_MANY_LINKS = 3


def signals(normal: Normal, context: Context) -> tuple[Finding, ...]:
    """Return the findings that the circumstances alone give."""
    return tuple(_findings(normal, context))


def is_known_good(normal: Normal, context: Context) -> bool:
    """Tell whether a person has approved the same words here before, and nobody rejected them.

    Praise that was once approved must not become a pass for whoever signs it with an address.
    """
    rejected = context.same_text_rejected or context.near_text_rejected
    return bool(context.same_text_approved) and not rejected and not normal.submission.author_url


def _findings(normal: Normal, context: Context) -> Iterator[Finding]:
    came = context.signals
    if came.honeypot:
        yield _hold("abuse.honeypot", "abuse", "A form field that people cannot see was filled in")
    if came.token == "wrong":
        yield _hold("abuse.token", "abuse", "The form's signed token was not made for this page")
    if came.seconds_to_submit is not None and came.seconds_to_submit < MIN_SECONDS:
        message = f"Sent {came.seconds_to_submit:.1f} seconds after the form was loaded"
        yield _hold("abuse.too_fast", "abuse", message)
    if came.work in ("missing", "wrong", "used"):
        yield _hold("abuse.no_work", "abuse", f"The proof of work that this site asks browsers for is {came.work}")
    if context.same_text_rejected:
        times = "once" if context.same_text_rejected == 1 else f"{context.same_text_rejected} times"
        yield _hold("spam.repeat", "rule", f"The same text has been rejected {times} on this site")
    if context.near_text_rejected:
        times = "once" if context.near_text_rejected == 1 else f"{context.near_text_rejected} times"
        message = f"Nearly the same text has been rejected {times} on this site within 30 days"
        yield _hold("spam.near_repeat", "rule", message)
    if normal.links and context.record and not context.record.approved:
        yield _hold("policy.first_links", "policy", "The first comment of this author here, and it carries links")
    if len(normal.links) > _MANY_LINKS:
        yield _hold("policy.many_links", "policy", f"Carries {len(normal.links)} links")


def _hold(code: str, source: Source, message: str) -> Finding:
    category: Category = "policy" if source == "policy" else "spam"
    return Finding(code=code, category=category, source=source, score=1.0, hold_at=1.0, message=message)
