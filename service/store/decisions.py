"""Decide: move comments between states, each move on record and reversible."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import asyncpg

from service.comment import CommentId, DecisionAction, DecisionId, SiteId, State
from service.errors import Conflict
from service.statement import draft
from service.store import second
from service.store.cases import Outcome, Wish
from service.store.database import Connection, Database
from service.store.leases import LEASE
from service.store.moves import Move, Place, apply, current_verdicts, escalated, fresh_id, queue
from service.store.queries import sql
from service.store.records import Principal

AUTHOR = Principal(sites={}, kind="token", member_id=None, actor=UUID(int=0), label="author")
"""Who decides when authors erase their own comments."""

_STATE_AFTER: dict[DecisionAction, State] = {"approve": "published", "reject": "rejected", "erase": "erased"}


async def decide(db: Database, site_ids: Sequence[SiteId], *, by: Principal, wishes: Sequence[Wish]) -> list[Outcome]:
    """Carry out each wish that still fits what its moderator has seen; return what became of each, in order.

    A rejection without a statement of reasons is given the one drafted from its reason and the evidence.
    """
    async with db.transaction(*site_ids) as connection:
        ids = list({wish.comment_id for wish in wishes})
        rows = await connection.fetch(sql("lock_comments"), ids, by.member_id, by.label)
        found = {row["comment_id"]: row for row in rows}
        outcomes: list[Outcome] = []
        moves: dict[UUID, Move] = {}
        granted: list[Wish] = []
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
                granted.append(wish)
                outcomes.append(_done(moves[wish.comment_id], differs=_differs(wish, row)))
        written = await _with_statements(connection, list(moves.values()))
        await apply(connection, written, by)
        await _follow_up(connection, granted, written, by)
    batch = written[0].decision_id if len(written) > 1 else None
    return [outcome.of_batch(batch) for outcome in outcomes]


async def undo(db: Database, site_ids: Sequence[SiteId], *, by: Principal, decision_id: DecisionId) -> Outcome | None:
    """Restore what stood before a decision, as a new decision; None when there is no such decision.

    Raises:
        Conflict: the comment has been decided on again since, or the decision cannot be undone.
    """
    async with db.transaction(*site_ids) as connection:
        outcomes = await _undo(connection, [decision_id], by)
    if not outcomes:
        return None
    if outcomes[0].status == "not_undoable":
        raise Conflict("This decision cannot be undone; decide again instead.", code="not_undoable")
    if outcomes[0].status == "stale_version":
        raise Conflict("Somebody has decided on this comment again since.", code="stale_version")
    return outcomes[0]


async def undo_batch(db: Database, site_ids: Sequence[SiteId], *, by: Principal, batch_id: DecisionId) -> list[Outcome]:
    """Undo decisions that were taken together, those that can be; [] when there is no such batch."""
    async with db.transaction(*site_ids) as connection:
        rows = await connection.fetch(sql("batch"), batch_id)
        return await _undo(connection, [row["decision_id"] for row in rows], by)


async def _undo(connection: Connection, ids: Sequence[DecisionId], by: Principal) -> list[Outcome]:
    decisions = await connection.fetch(sql("find_decisions"), list(ids))
    rows = await connection.fetch(
        sql("lock_comments"), [each["comment_id"] for each in decisions], by.member_id, by.label
    )
    found = {row["comment_id"]: row for row in rows}
    outcomes: list[Outcome] = []
    moves: list[Move] = []
    places: list[Place] = []
    for decision in decisions:
        row = found[decision["comment_id"]]
        if decision["action"] in ("erase", "undo"):
            outcomes.append(Outcome(comment_id=row["comment_id"], status="not_undoable"))
        elif decision["latest"] != decision["decision_id"] or row["state"] != decision["state_after"]:
            outcomes.append(_behind(row))
        else:
            moves.append(_back(decision, row))
            outcomes.append(_done(moves[-1]))
            again = await second.reopen(connection, row, decision["decision_id"])
            # What readers said meanwhile keeps a comment in the queue in which it did not stand before.
            places.append(
                again
                if again and decision["queued_before"]
                else Place(comment_id=row["comment_id"], due=decision["queued_before"])
            )
    await apply(connection, moves, by)
    # They stay with whoever took the decisions back: nobody else is handed them meanwhile.
    await queue(connection, places, holder=by, lease=LEASE)
    return outcomes


async def _with_statements(connection: Connection, moves: Sequence[Move]) -> list[Move]:
    """Return the moves, each rejection with a statement of reasons."""
    unsaid = [move.row["comment_id"] for move in moves if _unsaid(move)]
    verdicts = await current_verdicts(connection, unsaid) if unsaid else {}
    return [
        replace(move, statement=draft(move.reason, verdicts[move.row["comment_id"]]))
        if move.reason and _unsaid(move)
        else move
        for move in moves
    ]


def _unsaid(move: Move) -> bool:
    return move.action == "reject" and move.reason is not None and not move.statement


async def _follow_up(connection: Connection, wishes: Sequence[Wish], moves: Sequence[Move], by: Principal) -> None:
    """Queue what is escalated and what a second person is to judge, and keep what they thought."""
    await queue(connection, [escalated(move.row, by) for move in moves if move.action == "escalate"])
    firsts = []
    for wish, move in zip(wishes, moves, strict=True):
        if second.is_second(wish, move.row):
            await second.answer(connection, wish, move, by)
        else:
            firsts.append(move)
    await second.ask(connection, firsts, by)


async def erase_own(db: Database, site_id: SiteId, comment_id: CommentId) -> bool:
    """Erase a comment at its author's wish, whoever looks at it; False when nothing is left to erase."""
    async with db.transaction(site_id) as connection:
        rows = await connection.fetch(sql("lock_comments"), [comment_id], None, AUTHOR.label)
        if not rows or rows[0]["state"] == "erased":
            return False
        wish = Wish(comment_id=comment_id, version=rows[0]["version"], action="erase")
        await apply(connection, [_move(wish, rows[0])], AUTHOR)
    return True


def _refusal(wish: Wish, row: asyncpg.Record, by: Principal) -> Outcome | None:
    """Say why a wish cannot be carried out, if so."""
    seen = {"state": row["state"], "version": row["version"]}
    if row["state"] == "erased":
        return Outcome(comment_id=wish.comment_id, status="erased", **seen)
    if row["version"] != wish.version:
        return _behind(row)
    if row["leased"] and row["leased_by"] != by.actor:
        return Outcome(comment_id=wish.comment_id, status="leased", decided_by=row["leased_label"], **seen)
    if row["needs_another"] and wish.action in ("approve", "reject"):
        return Outcome(comment_id=wish.comment_id, status="second_member", decided_by=by.label, **seen)
    if row["not_for"] == by.actor and row["second_of"] is None and wish.action != "erase":
        return Outcome(comment_id=wish.comment_id, status="needs_another", **seen)
    return None


def _move(wish: Wish, row: asyncpg.Record) -> Move:
    moves = not _differs(wish, row)
    return Move(
        row=row,
        decision_id=fresh_id(),
        action=wish.action,
        reason=wish.reason,
        note=wish.note,
        statement=wish.statement,
        state_after=_STATE_AFTER.get(wish.action, row["state"]) if moves else row["state"],
        decided_after=wish.action if wish.action in ("approve", "reject") and moves else row["decided"],
    )


def _differs(wish: Wish, row: asyncpg.Record) -> bool:
    return second.is_second(wish, row) and second.differs(wish, row)


def _back(decision: asyncpg.Record, row: asyncpg.Record) -> Move:
    return Move(
        row=row,
        decision_id=fresh_id(),
        action="undo",
        reason=None,
        note="",
        statement=None,
        state_after=decision["state_before"],
        decided_after=decision["decided_before"],
        undoes=decision["decision_id"],
    )


def _done(move: Move, *, differs: bool = False) -> Outcome:
    return Outcome(
        comment_id=move.row["comment_id"],
        status="done",
        decision_id=move.decision_id,
        state=move.state_after,
        version=move.row["version"] + 1,
        differs=differs,
    )


def _behind(row: asyncpg.Record) -> Outcome:
    """Answer a wish for what somebody has decided on since."""
    return Outcome(
        comment_id=row["comment_id"],
        status="stale_version",
        state=row["state"],
        version=row["version"],
        decided_by=row["last_decision"] or "",
    )


def _stale(move: Move, by: Principal) -> Outcome:
    """Answer a second wish for a comment that the same batch has decided on already."""
    return Outcome(
        comment_id=move.row["comment_id"],
        status="stale_version",
        state=move.state_after,
        version=move.row["version"] + 1,
        decided_by=f"{by.label} ({move.action})",
    )
