"""Judge an archive again: runs, and the ranges of comments that any number of processes claim one after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from service.comment import CommentId, SiteId, Submission, Verdict
from service.priority import rank, weight
from service.store.database import Database
from service.store.identity import new_id
from service.store.queries import sql
from service.store.review import verdict_of

RANGE = 1000
"""Comments in a range: about a second's work, which is what a process that dies has done in vain."""
_PLAN_SECONDS = 3600.0
"""How long dividing a site's comments into ranges may take; ten million take about a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One site's comments being judged again. A dry run writes no verdict."""

    site_id: SiteId
    id: UUID
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A comment as the judges read it, with the verdict that stands."""

    id: CommentId
    revision: int
    created_at: datetime
    submission: Submission
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many comments a run has, how many are judged; of these, how many have new flags, none left, are queued."""

    comments: int
    judged: int
    flagged: int
    cleared: int
    queued: int


async def begin_or_join(db: Database, site_id: SiteId, *, judge: str, model: str, dry_run: bool) -> Run:
    """Return the run of this judge's model that is under way on a site; begin one where there is none."""
    fresh = new_id(datetime.now(UTC))
    async with db.seeing(site_id) as connection:
        await connection.execute(
            sql("begin_rescoring"), site_id, fresh, judge, model, dry_run, RANGE, timeout=_PLAN_SECONDS
        )
        run_id = await connection.fetchval(sql("rescoring_under_way"), site_id, judge, model, dry_run)
    return Run(site_id=site_id, id=run_id, dry_run=dry_run)


async def rescore_range(db: Database, run: Run, rejudge: Callable[[Sequence[Standing]], Sequence[Verdict]]) -> bool:
    """Claim the next range, judge it and write what came of it, in one transaction; tell whether there was one left.

    A range that is given up on the way is claimed again by somebody.
    """
    async with db.transaction(run.site_id) as connection:
        claimed = await connection.fetchrow(sql("claim_range"), run.site_id, run.id)
        if claimed is None:
            return False
        rows = await connection.fetch(sql("comments_to_rescore"), run.site_id, claimed["first_id"], claimed["last_id"])
        before = [_standing(row) for row in rows]
        pairs = list(zip(before, rejudge(before), strict=True))
        queued = 0
        if not run.dry_run and pairs:
            columns = zip(*(_row(standing, verdict) for standing, verdict in pairs), strict=True)
            queued = await connection.fetchval(sql("put_verdicts"), run.site_id, *map(list, columns))
        flagged = sum(not _codes(after) <= _codes(standing.verdict) for standing, after in pairs)
        cleared = sum(bool(standing.verdict.flags) and not after.flags for standing, after in pairs)
        await connection.execute(sql("close_range"), run.site_id, run.id, claimed["first_id"], flagged, cleared, queued)
    return True


async def finish(db: Database, run: Run) -> Progress:
    """Close a run of which nothing is left, and return how far it is; others may still be at their last ranges."""
    async with db.seeing(run.site_id) as connection:
        await connection.execute(sql("finish_rescoring"), run.site_id, run.id)
    return await progress(db, run)


async def progress(db: Database, run: Run) -> Progress:
    """Return how far a run is."""
    async with db.seeing(run.site_id) as connection:
        row = await connection.fetchrow(sql("rescoring_progress"), run.site_id, run.id)
    assert row is not None
    return Progress(**row)


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(
        id=row["comment_id"],
        revision=row["revision"],
        created_at=row["created_at"],
        submission=Submission(
            body=row["body"],
            author_name=row["author_name"],
            author_email_domain=row["author_email"].rpartition("@")[2].lower(),
            author_url=row["author_url"],
            page_url=row["page_url"],
            page_title=row["page_title"],
            lang=row["lang"],
            parent_body=row["parent_body"] or "",
        ),
        verdict=verdict_of(row),
    )


def _row(standing: Standing, verdict: Verdict) -> tuple[object, ...]:
    """Return one comment's values in the order of the parameters of put_verdicts."""
    encode, worth = msgspec.json.encode, weight(verdict)
    return (
        standing.id,
        standing.revision,
        verdict.action,
        encode(verdict.scores).decode(),
        encode(verdict.models).decode(),
        encode(verdict.flags).decode(),
        rank(worth, standing.created_at),
        worth,
        " ".join(sorted(_codes(verdict))),
        " ".join(sorted({flag.category for flag in verdict.flags})),
    )


def _codes(verdict: Verdict) -> set[str]:
    return {flag.code for flag in verdict.flags}
