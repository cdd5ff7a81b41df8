"""Show the claim base, and look after it."""

from collections.abc import Sequence

from service.artefact import read_artefact
from service.commands.say import say, say_json
from service.errors import NotFound
from service.judges import known_claims
from service.paths import MODELS
from service.pipeline.health import HealthJudge
from service.settings import Settings
from service.training.claims import Problem, lint_claims, seal


def claims_list(settings: Settings, *, topic: str, site: str, as_json: bool) -> int:
    """List the claims of the base, of one topic or all, or what a site makes of it."""
    if site:
        from service.commands.site_claims import list_of_site

        return list_of_site(settings, site=site, as_json=as_json)
    chosen = [claim for claim in known_claims() if topic in ("", claim.topic)]
    if not chosen:
        raise NotFound(f"There is no topic {topic}. See: gatepost claims list")
    if as_json:
        say_json([{"id": c.id, "topic": c.topic, "severity": c.severity, "claim": c.claim} for c in chosen])
    for claim in [] if as_json else chosen:
        say(f"{claim.id:36} {claim.severity}  {claim.topic:20} {claim.claim}")
    return 0


def claims_show(settings: Settings, *, claim_id: str, as_json: bool) -> int:
    """Show one claim with its correction and sources."""
    claim = next((each for each in known_claims() if each.id == claim_id), None)
    if claim is None:
        raise NotFound(f"There is no claim {claim_id}. See: gatepost claims list")
    if as_json:
        say_json(claim)
        return 0
    say(
        f"{claim.claim}\n  topic {claim.topic}, type {claim.type}, severity {claim.severity}, "
        f"review by {claim.review_by}\n  {claim.correction}"
    )
    for source in claim.sources:
        checked = f"{source.status}, checked {source.checked_at}" if source.checked_at else "source not yet checked"
        say(f"  - {source.publisher}: {source.title} ({checked}) {source.url}")
    return 0


def claims_lint(settings: Settings, *, as_json: bool) -> int:
    """Print what is wrong with the claim base; exit with 1 when anything is."""
    return _report(lint_claims(known_claims(), HealthJudge(read_artefact(MODELS / "health"))), as_json)


def claims_seal(settings: Settings, *, as_json: bool) -> int:
    """Vouch for the claim base after it was edited, then lint it; a base of bad form is left unsealed."""
    if problems := lint_claims(known_claims()):
        return _report(problems, as_json)
    seal(MODELS / "health")
    return claims_lint(settings, as_json=as_json)


def _report(problems: Sequence[Problem], as_json: bool) -> int:
    if as_json:
        say_json(problems)
    for problem in [] if as_json else problems:
        say(problem.message)
    if not problems and not as_json:
        say(f"The {len(known_claims())} claims are in order, and no true statement beside them would be held.")
    return int(bool(problems))
