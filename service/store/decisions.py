"""Decide: move comments between states, each move on record and reversible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from service.comment import CommentId, DecisionAction, DecisionId, SiteId, State
from service.errors import Conflict
from service.store.cases import Outcome, Wish
from service.store.database import Connection, Database
from service.store.identity import new_id
from service.store.notices import queue_again
from service.store.queries import sql
from service.store.records import Principal
from service.store.review import verdict_of

AUTHOR = Principal(sites={}, kind="token", member_id=None, actor=UUID(int=0), label="author")
"""Who decides when authors erase their own comments."""

_STATE_AFTER: dict[DecisionAction, State] = {"approve": "published", "reject": "rejected", "erase": "erased"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """One row of apply_decisions."""

    row: asyncpg.Record
    decision_id: DecisionId
    action: str
    reason: str | None
    note: str
    state_after: State
    decided_after: str
    undoes: UUID | None = None

    def values(self) -> tuple[object, ...]:
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
        )


async def decide(db: Database, site_ids: Sequence[SiteId], *, by: Principal, wishes: Sequence[Wish]) -> list[Outcome]:
    """Carry out each wish that still fits what its moderator has seen; return what became of each, in order."""
    async with db.transaction(*site_ids) as connection:
        ids = list({wish.comment_id for wish in wishes})
        rows = await connection.fetch(sql("lock_comments"), ids, by.member_id, by.label)
        found = {row["comment_id"]: row for row in rows}
        outcomes: list[Outcome] = []
        moves: dict[UUID, _Move] = {}
        for wish in wishes:
            row = found.get(wish.comment_id)
            if row is None:
                outcomes.append(Outcome(comment_id=wish.comment_id, status="not_found"))
            elif wish.comment_id in moves:
                outcomes.append(_stale(moves[wish.comment_id], by))
            elif refused := _refusal(wish, row, by):
                outcomes.append(refused)
            else:
                moves[wish.comment_id] = _move(wish, row)
                outcomes.append(_done(moves[wish.comment_id]))
        await _apply(connection, list(moves.values()), by)
        for move in moves.values():
            if move.action == "escalate":
                await _queue(connection, move.row, escalated=True)
    return outcomes


async def undo(db: Database, site_ids: Sequence[SiteId], *, by: Principal, decision_id: DecisionId) -> Outcome | None:
    """Restore what stood before a decision, as a new decision; None when there is no such decision.

    Raises:
        Conflict: the comment has been decided on again since, or the decision cannot be undone.
    """
    async with db.transaction(*site_ids) as connection:
        decision = await connection.fetchrow(sql("find_decision"), decision_id)
        if decision is None:
            return None
        if decision["action"] in ("erase", "undo"):
            raise Conflict("This decision cannot be undone; decide again instead.", code="not_undoable")
        (row,) = await connection.fetch(sql("lock_comments"), [decision["comment_id"]], by.member_id, by.label)
        if decision["latest"] != decision_id or row["state"] != decision["state_after"]:
            raise Conflict("Somebody has decided on this comment again since.", code="stale_version")
        move = _Move(
            row=row,
            decision_id=_fresh_id(),
            action="undo",
            reason=None,
            note="",
            state_after=decision["state_before"],
            decided_after=decision["decided_before"],
            undoes=decision_id,
        )
        await _apply(connection, [move], by)
        await _queue(connection, row, queued=decision["queued_before"])
    return _done(move)


async def erase_own(db: Database, site_id: SiteId, comment_id: CommentId) -> bool:
    """Erase a comment at its author's wish, whoever looks at it; False when nothing is left to erase."""
    async with db.transaction(site_id) as connection:
        rows = await connection.fetch(sql("lock_comments"), [comment_id], None, AUTHOR.label)
        if not rows or rows[0]["state"] == "erased":
            return False
        wish = Wish(comment_id=comment_id, version=rows[0]["version"], action="erase")
        await _apply(connection, [_move(wish, rows[0])], AUTHOR)
    return True


def _refusal(wish: Wish, row: asyncpg.Record, by: Principal) -> Outcome | None:
    """Say why a wish cannot be carried out, if so."""
    seen = {"state": row["state"], "version": row["version"]}
    if row["state"] == "erased":
        return Outcome(comment_id=wish.comment_id, status="erased", **seen)
    if row["version"] != wish.version:
        return Outcome(
            comment_id=wish.comment_id, status="stale_version", decided_by=row["last_decision"] or "", **seen
        )
    if row["leased"] and row["leased_by"] != by.actor:
        return Outcome(comment_id=wish.comment_id, status="leased", decided_by=row["leased_label"], **seen)
    if row["needs_another"] and wish.action in ("approve", "reject"):
        return Outcome(comment_id=wish.comment_id, status="second_member", decided_by=by.label, **seen)
    return None


def _move(wish: Wish, row: asyncpg.Record) -> _Move:
    return _Move(
        row=row,
        decision_id=_fresh_id(),
        action=wish.action,
        reason=wish.reason,
        note=wish.note,
        state_after=_STATE_AFTER.get(wish.action, row["state"]),
        decided_after=wish.action if wish.action in ("approve", "reject") else row["decided"],
    )


async def _apply(connection: Connection, moves: Sequence[_Move], by: Principal) -> None:
    if moves:
        columns = [list(column) for column in zip(*(move.values() for move in moves), strict=True)]
        now = datetime.now(UTC)
        await connection.fetch(sql("apply_decisions"), *columns, by.member_id, by.label, now)


async def _queue(connection: Connection, row: asyncpg.Record, *, queued: bool = True, escalated: bool = False) -> None:
    """Put a comment where its verdict and its readers say that it belongs."""
    found = await connection.fetchrow(sql("current_verdict"), row["comment_id"])
    assert found is not None
    await queue_again(
        connection, row["site_id"], row["comment_id"], verdict_of(found), queued=queued, escalated=escalated
    )


def _done(move: _Move) -> Outcome:
    return Outcome(
        comment_id=move.row["comment_id"],
        status="done",
        decision_id=move.decision_id,
        state=move.state_after,
        version=move.row["version"] + 1,
    )


def _stale(move: _Move, by: Principal) -> Outcome:
    """Answer a second wish for a comment that the same batch has decided on already."""
    return Outcome(
        comment_id=move.row["comment_id"],
        status="stale_version",
        state=move.state_after,
        version=move.row["version"] + 1,
        decided_by=f"{by.label} ({move.action})",
    )


def _fresh_id() -> DecisionId:
    return DecisionId(new_id(datetime.now(UTC)))
