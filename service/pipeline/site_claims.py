"""Match a site's own claims, and leave out what the site has switched off.

A sentence takes up a claim when it names a subject and a predicate of the claim's terms (the page's title may name the
subject), or when it is nearly one of its wordings. Whether it asserts it is read off plainly: a question asks, and a
sentence that is negated where the wording is not (or the other way round) refutes. Neither is a finding.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.comment import ClaimMatch, Context, Evidence, Finding, Normal, SiteClaim
from service.pipeline.phrases import Phrases
from service.pipeline.sentences import NEGATORS, Sentence, sentences, words

SCORE = 0.9
HOLD_AT = 0.5
# Share of common words, of all words in sentence and wording, above which a sentence is nearly the wording.
_LIKE = 0.7
_MATCHERS = 64


@dataclass(frozen=True, slots=True)
class _Taken:
    claim: SiteClaim
    sentence: Sentence
    wording: str


def by_site(findings: Iterable[Finding], context: Context) -> Iterator[Finding]:
    """Leave out the findings whose claim, or its topic, the site has switched off."""
    site = context.claims
    for finding in findings:
        claim = finding.claim
        if claim is None or not (claim.id in site.claims_off or claim.topic in site.topics_off):
            yield finding


def site_findings(normal: Normal, context: Context) -> Iterator[Finding]:
    """Give a finding for each claim of the site's own that a comment asserts."""
    if not context.claims.own:
        return
    for taken in _matcher(context.claims.own).find(normal):
        yield _finding(taken, normal)


class Matcher:
    """Find in one pass which claims a comment takes up. Linear: a wording is compared only where its rarest word is."""

    def __init__(self, claims: Sequence[SiteClaim]) -> None:
        self._claims = claims
        self._subjects = Phrases({i: [words(term).forms for term in c.subject] for i, c in enumerate(claims)})
        self._predicates = Phrases({i: [words(term).forms for term in c.predicate] for i, c in enumerate(claims)})
        self._turned = {
            text: _negated(words(text).forms) for claim in claims for text in (claim.claim, *claim.paraphrases)
        }
        wordings = [(i, text) for i, claim in enumerate(claims) for text in (claim.claim, *claim.paraphrases)]
        self._wordings = [(i, text, _letters(words(text).forms)) for i, text in wordings]
        common = Counter(form for *_, forms in self._wordings for form in forms)
        self._by_rarest: dict[str, list[int]] = {}
        for place, (*_, forms) in enumerate(self._wordings):
            if forms:
                self._by_rarest.setdefault(min(forms, key=lambda form: (common[form], form)), []).append(place)

    def find(self, normal: Normal) -> list[_Taken]:
        """Return the claims that a comment asserts, each once, with the first sentence that does."""
        titled = {hit.label for hit in self._subjects.find(words(normal.submission.page_title).forms)}
        taken: dict[int, _Taken] = {}
        for sentence in sentences(normal.text):
            forms = words(sentence.text).forms
            if "?" in forms:
                continue
            for i, wording in self._taken_up(forms, titled, taken):
                if i not in taken and _negated(forms) == self._turned[wording]:
                    taken[i] = _Taken(self._claims[i], sentence, wording)
        return list(taken.values())

    def _taken_up(self, forms: Sequence[str], titled: set[int], taken: Container[int]) -> Iterator[tuple[int, str]]:
        letters = _letters(forms)
        for form in letters:
            for place in self._by_rarest.get(form, ()):
                i, text, others = self._wordings[place]
                if i not in taken and len(letters & others) >= _LIKE * len(letters | others):
                    yield i, text
        named = titled | {hit.label for hit in self._subjects.find(forms)}
        if not named:
            return
        for i in sorted(named & {hit.label for hit in self._predicates.find(forms)}):
            yield i, self._claims[i].claim


@lru_cache(_MATCHERS)
def _matcher(claims: tuple[SiteClaim, ...]) -> Matcher:
    return Matcher(claims)


def _letters(forms: Iterable[str]) -> frozenset[str]:
    return frozenset(form for form in forms if form[0].isalnum())


def _negated(forms: Iterable[str]) -> bool:
    return not NEGATORS.isdisjoint(forms)


def _finding(taken: _Taken, normal: Normal) -> Finding:
    claim, sentence = taken.claim, taken.sentence
    start, end = normal.offsets[sentence.start], normal.offsets[sentence.end]
    return Finding(
        code="health.site_claim",
        category="health",
        source="claim",
        score=SCORE,
        hold_at=HOLD_AT,
        message=f"Takes up a claim that the site has added: {claim.claim}",
        evidence=(Evidence(field="body", start=start, end=end, text=normal.submission.body[start:end], weight=2.0),),
        claim=ClaimMatch(
            id=claim.id,
            topic=claim.topic,
            claim=claim.claim,
            stance="asserts",
            cue="",
            severity=claim.severity,
            sentence=sentence.text,
            paraphrase=taken.wording,
            correction=claim.correction,
            sources=claim.sources,
        ),
    )
