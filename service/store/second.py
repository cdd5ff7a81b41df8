"""Have a share of decisions judged again by a second person who is not told of the first.

The comment stands as the first person decided. It goes into the queue once more, looking like any other; where the
second person decides otherwise, nothing moves, and the comment is escalated to a colleague of theirs.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg
import msgspec

from service.comment import DecisionId, Policy
from service.store.cases import Wish
from service.store.database import Connection
from service.store.moves import SECOND, Move, Place, escalated, queue
from service.store.queries import sql
from service.store.records import Principal

_PARTS = 10_000


async def ask(connection: Connection, moves: Sequence[Move], by: Principal) -> None:
    """Queue the policy's share of these decisions for a second person, where the site has one."""
    chosen = [move for move in moves if _chosen(move, by)]
    if not chosen:
        return
    sites = {row["site_id"] for row in await connection.fetch(sql("reviewers"), [m.row["site_id"] for m in chosen])}
    asked = [move for move in chosen if move.row["site_id"] in sites]
    for move in asked:
        row, now = move.row, datetime.now(UTC)
        await connection.execute(
            sql("ask_second_opinion"),
            row["site_id"], move.decision_id, row["comment_id"], move.action, move.reason, by.label, now,
        )  # fmt: skip
    await queue(
        connection,
        [
            Place(comment_id=move.row["comment_id"], flag=SECOND, not_for=by.actor, second_of=move.decision_id)
            for move in asked
        ],
    )


async def answer(connection: Connection, wish: Wish, move: Move, by: Principal) -> None:
    """Keep a second opinion, and escalate the comment where it differs from the first."""
    row = move.row
    await connection.execute(
        sql("answer_second_opinion"),
        row["site_id"], row["second_of"], move.decision_id, wish.action, wish.reason, by.label, datetime.now(UTC),
    )  # fmt: skip
    if differs(wish, row):
        await queue(connection, [escalated(row, by)])


async def reopen(connection: Connection, row: asyncpg.Record, undone: DecisionId) -> Place | None:
    """Forget a second opinion that was taken back; return the place where it is asked for again, if it was one."""
    first = await connection.fetchrow(sql("reopen_second_opinion"), row["site_id"], undone)
    if first is None:
        return None
    return Place(comment_id=row["comment_id"], flag=SECOND, not_for=first["member_id"], second_of=first["decision_id"])


def is_second(wish: Wish, row: asyncpg.Record) -> bool:
    """Tell whether a wish answers a question for a second opinion."""
    return wish.second and row["second_of"] is not None and wish.action in ("approve", "reject")


def differs(wish: Wish, row: asyncpg.Record) -> bool:
    """Tell whether a second opinion would have the comment elsewhere than where it is."""
    stands: str = row["state"]
    return {"approve": "published", "reject": "rejected"}[wish.action] != stands


def _chosen(move: Move, by: Principal) -> bool:
    if move.action not in ("approve", "reject") or by.member_id is None or move.row["second_of"] is not None:
        return False
    share = msgspec.json.decode(move.row["policy"], type=Policy).second_review
    # The last bits of a UUID v7 are random.
    return move.decision_id.int % _PARTS < share * _PARTS
