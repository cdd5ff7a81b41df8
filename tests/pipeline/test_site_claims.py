"""A site's own claims, and what it has switched off."""

import pytest

from service.artefact import read_artefact
from service.comment import ClaimSource, Context, Policy, SiteClaim, SiteClaims, Submission, Verdict
from service.paths import MODELS
from service.pipeline import judge
from service.pipeline.health import HealthJudge

SPRING = SiteClaim(
    id="spring-water",
    topic="own",
    claim="Water from the Lindal spring cures arthritis.",
    severity="serious",
    correction="No water cures arthritis.",
    subject=("lindal spring", "lindal water"),
    predicate=("cures arthritis", "heals joints"),
    paraphrases=("drink from the lindal and your joints heal by themselves",),
    sources=(ClaimSource(publisher="Town", title="About our spring", url="", checked_at=""),),
)
OWN = Context(claims=SiteClaims(own=(SPRING,)))


@pytest.fixture(scope="module")
def health() -> HealthJudge:
    return HealthJudge(read_artefact(MODELS / "health"))


def verdict(body: str, context: Context, health: HealthJudge | None = None, title: str = "") -> Verdict:
    submission = Submission(body=body, page_title=title)
    (said,) = judge([submission], {"health": health} if health else {}, [Policy()], [context], lambda *_: None)
    return said


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("Believe me. Lindal spring water cures arthritis!", ""),
        ("Water from the Lindal spring cures arthritis.", ""),
        ("drink from the Lindal and your joints will heal by themselves", ""),
        ("It heals joints within days.", "The Lindal spring"),
    ],
)
def test_a_sites_own_claim_is_named_with_stance_words_and_sources(body: str, title: str) -> None:
    said = verdict(body, OWN, title=title)

    (flag,) = said.flags
    assert said.action == "hold"
    assert (flag.code, flag.category, flag.source) == ("health.site_claim", "health", "claim")
    assert flag.claim is not None
    assert (flag.claim.id, flag.claim.stance, flag.claim.sources) == ("spring-water", "asserts", SPRING.sources)
    assert all(body[each.start : each.end] == each.text for each in flag.evidence)
    assert flag.claim.sentence in body


@pytest.mark.parametrize(
    "body",
    [
        "Lindal spring water never cures arthritis.",
        "Does the Lindal spring water cures arthritis?",
        "We walked to the Lindal spring.",
        "This cures arthritis.",
        "",
    ],
)
def test_what_does_not_assert_the_claim_is_no_finding(body: str) -> None:
    assert verdict(body, OWN).flags == ()


def test_another_sites_claims_are_not_asked() -> None:
    assert verdict("Lindal spring water cures arthritis!", Context()).flags == ()


@pytest.mark.parametrize(
    "off", [SiteClaims(topics_off=frozenset({"vaccines"})), SiteClaims(claims_off=frozenset({"vax-cause-autism"}))]
)
def test_what_is_switched_off_gives_no_finding(health: HealthJudge, off: SiteClaims) -> None:
    body = "Vaccines cause autism, everybody knows that the MMR vaccine causes autism."
    base = verdict(body, Context(), health)
    assert [flag.claim and flag.claim.id for flag in base.flags] == ["vax-cause-autism"]

    said = verdict(body, Context(claims=off), health)

    assert said.flags == ()
    assert said.scores == base.scores
