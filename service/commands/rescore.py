"""Judge an archive again with the models that are installed; any number of processes may take part."""

from collections.abc import Sequence
from dataclasses import replace

from service.commands.database import on_database
from service.commands.say import Progress, say, say_json
from service.commands.site import known_site
from service.comment import Context, Policy, Verdict
from service.judges import load_judges
from service.pipeline import Judge
from service.pipeline.decide import amended
from service.pipeline.normalise import normalise
from service.pipeline.site_claims import by_site, site_findings
from service.settings import Settings
from service.store import rescoring
from service.store.database import Database
from service.store.rescoring import Standing
from service.store.site_claims import site_claims

_BATCH = 64


def rescore(settings: Settings, *, site: str, model: str, dry_run: bool, as_json: bool) -> int:
    """Judge every comment of a site again with one judge, together with whoever is at it already."""
    judge = load_judges()[model]

    async def work(db: Database) -> rescoring.Progress:
        found = await known_site(db, site)
        policy = found.policy_in_force({model: judge.version})
        context = Context(claims=await site_claims(db, found.id))
        run = await rescoring.begin_or_join(db, found.id, judge=model, model=judge.version, dry_run=dry_run)
        shown = Progress("judged again")
        while await rescoring.rescore_range(
            db, run, lambda standing: _judged_again(standing, model, judge, policy, context)
        ):
            if shown.is_shown:
                far = await rescoring.progress(db, run)
                shown.at(far.judged, far.comments)
        shown.end()
        return await rescoring.finish(db, run)

    far = on_database(settings, "rescore", work)
    if as_json:
        say_json(far)
        return 0
    say(f"{far.judged:,} of {far.comments:,} comments of {site} are judged with {judge.version}.")
    say(f"{far.flagged:,} have flags that they had not, {far.cleared:,} have none left.")
    if dry_run:
        say("Nothing was changed. Without --dry-run, flagged comments that are shown and undecided go to the queue.")
    else:
        say(f"{far.queued:,} that are shown wait in the queue for a person.")
    return 0


def _judged_again(
    before: Sequence[Standing], name: str, judge: Judge, policy: Policy, context: Context
) -> list[Verdict]:
    verdicts = []
    for start in range(0, len(before), _BATCH):
        batch = before[start : start + _BATCH]
        normals = [normalise(standing.submission) for standing in batch]
        for standing, normal, opinion in zip(batch, normals, judge.judge(normals), strict=True):
            findings = list(by_site(opinion.findings, context))
            if name == "health":
                findings.extend(site_findings(normal, context))
            own = replace(opinion, findings=tuple(findings))
            verdicts.append(amended(standing.verdict, judge=name, model=judge.version, opinion=own, policy=policy))
    return verdicts
