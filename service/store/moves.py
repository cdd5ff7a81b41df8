"""Write decided moves, and put comments back into the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from service.comment import CommentId, DecisionId, Reason, State, Verdict
from service.priority import rank, weight
from service.store.database import Connection
from service.store.identity import new_id
from service.store.notices import marks
from service.store.queries import sql
from service.store.records import Principal
from service.store.review import verdict_of

ESCALATED = "policy.escalated"
SECOND = "policy.second_opinion"
_ESCALATION = 2.0
"""What an escalation adds to a comment's weight: as much as a serious claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row of apply_decisions; `row` is the comment as it was locked."""

    row: asyncpg.Record
    decision_id: DecisionId
    action: str
    reason: Reason | None
    note: str
    statement: str | None
    state_after: State
    decided_after: str
    undoes: UUID | None = None

    def values(self) -> tuple[object, ...]:
        """Return the columns of apply_decisions in their order."""
        row = self.row
        return (
            row["site_id"],
            row["comment_id"],
            row["page_id"],
            self.decision_id,
            self.action,
            self.reason,
            self.note,
            row["state"],
            self.state_after,
            row["decided"],
            self.decided_after,
            row["queued"],
            row["author_key"],
            self.undoes,
            row["version"],
            self.statement,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the queue to be taken; `flag` is a code beside the verdict's, `extra` is added to its weight.

    Where it is not `due`, only open reports and an open appeal keep the comment in the queue.
    """

    comment_id: CommentId
    due: bool = True
    flag: str = ""
    extra: float = 0.0
    not_for: UUID | None = None
    second_of: UUID | None = None


def escalated(row: asyncpg.Record, by: Principal) -> Place:
    """Return the place of a comment that somebody else is to decide on."""
    return Place(comment_id=row["comment_id"], flag=ESCALATED, extra=_ESCALATION, not_for=by.actor)


def fresh_id() -> DecisionId:
    """Return a name for a new decision."""
    return DecisionId(new_id(datetime.now(UTC)))


async def apply(connection: Connection, moves: Sequence[Move], by: Principal) -> None:
    """Write moves; several at once are known as a batch by the first of them."""
    if moves:
        columns = [list(column) for column in zip(*(move.values() for move in moves), strict=True)]
        batch_id = moves[0].decision_id if len(moves) > 1 else None
        await connection.keep_plans()
        await connection.fetch(sql("apply_decisions"), *columns, by.member_id, by.label, datetime.now(UTC), batch_id)


async def current_verdicts(connection: Connection, ids: Sequence[CommentId]) -> Mapping[UUID, Verdict]:
    """Return the verdicts on comments' current revisions, by comment."""
    rows = await connection.fetch(sql("current_verdicts"), list(ids))
    return {row["comment_id"]: verdict_of(row) for row in rows}


async def queue(
    connection: Connection, places: Sequence[Place], *, holder: Principal | None = None, lease: timedelta | None = None
) -> None:
    """Put comments where they would stand had they never left the queue; `holder` has them leased at once."""
    if not places:
        return
    ids = [place.comment_id for place in places]
    verdicts = await current_verdicts(connection, ids)
    standing = {row["comment_id"]: row for row in await connection.fetch(sql("standing"), ids)}
    taken = [place for place in places if place.due or marks(standing[place.comment_id])]
    await connection.execute(sql("unqueue"), [place.comment_id for place in places if place not in taken])
    if not taken:
        return
    rows = [_row(place, verdicts[place.comment_id], standing[place.comment_id]) for place in taken]
    columns = [list(column) for column in zip(*rows, strict=True)]
    held_by = (holder.actor, holder.label, lease) if holder else (None, "", None)
    await connection.execute(sql("put_in_queue"), *columns, *held_by)


def _row(place: Place, verdict: Verdict, standing: asyncpg.Record) -> tuple[object, ...]:
    said = marks(standing)
    worth = max(weight(verdict) + place.extra, *said.values(), 0.0)
    codes = {flag.code for flag in verdict.flags} | set(said) | ({place.flag} if place.flag else set())
    categories = {flag.category for flag in verdict.flags} | ({"policy"} if said else set())
    return (
        standing["site_id"],
        place.comment_id,
        rank(worth, standing["created_at"]),
        worth,
        " ".join(sorted(codes)),
        " ".join(sorted(categories)),
        standing["created_at"],
        place.not_for,
        place.second_of,
    )
