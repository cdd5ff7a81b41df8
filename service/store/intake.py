"""Write comments: the one path by which a submission becomes a row."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg
import msgspec

from service.comment import AuthorRecord, CommentId, Flag, PageId, SiteId
from service.errors import NO_DATABASE, Conflict, Unavailable
from service.store.database import Connection, Pooling, connect, translated
from service.store.identity import new_id
from service.store.queries import sql
from service.store.records import Arrival, Circumstance, Judged, Receipt

PATIENCE = 2.3
"""Seconds for which a batch waits for Postgres, restarts and new tries among them, before callers get a 503; what they
have waited before is taken off."""
_RETRY_AFTER = 0.1

T = TypeVar("T")


class Writer:
    """One process's writer. Its connection is its own: the pool would cost a round trip per use.

    Not for concurrent use; the batcher in web/batch.py calls it from one task.
    """

    def __init__(self, dsn: str, *, pooling: Pooling = "session"):
        self._dsn = dsn
        self._pooling = pooling
        self._connection: Connection | None = None
        self._left: float | None = None

    async def close(self) -> None:
        """Close the connection."""
        if self._connection and not self._connection.is_closed():
            await self._connection.close(timeout=2)

    def begin(self, waited: float) -> None:
        """Have what is left of PATIENCE for all that follows, until the next begins; each has it whole otherwise."""
        self._left = PATIENCE - waited

    async def look_up(
        self, arrivals: Sequence[Arrival], text_hashes: Sequence[int], nears: Sequence[int]
    ) -> list[Circumstance]:
        """Return what judging and deciding need to know about each arrival, in the order given.

        `text_hashes` and `nears` are what pipeline/fingerprint.py makes of each text.
        """

        async def ask(connection: Connection) -> list[asyncpg.Record]:
            await connection.replan()
            async with connection.seeing(*{arrival.site.id for arrival in arrivals}):
                return await connection.fetch(
                    sql("look_up_arrivals"),
                    [a.site.id for a in arrivals],
                    [a.page_key for a in arrivals],
                    [a.parent_id for a in arrivals],
                    [a.author_key for a in arrivals],
                    list(text_hashes),
                    [_key_hash(a) for a in arrivals],
                    list(nears),
                )

        return [circumstance(row) for row in await self._persist(ask)]

    async def add_pages(self, arrivals: Sequence[Arrival]) -> list[PageId]:
        """Return the page of each arrival, made where it is new."""

        async def write(connection: Connection) -> list[asyncpg.Record]:
            sites, keys = [a.site.id for a in arrivals], [a.page_key for a in arrivals]
            urls, titles = [a.page_url for a in arrivals], [a.page_title for a in arrivals]
            async with connection.seeing(*set(sites)):
                await connection.execute(sql("add_pages"), sites, keys, urls, titles)
                return await connection.fetch(sql("page_ids"), sites, keys)

        return [row["page_id"] for row in await self._persist(write)]

    async def accept(self, batch: Sequence[Judged]) -> None:
        """Write a batch; when this returns, every comment of it is durable.

        A connection lost on the way leaves open whether the batch was committed. It is looked for, and written
        again only where it is not there: no comment is lost and none is written twice.

        Raises:
            Conflict: another process has used an Idempotency-Key of the batch meanwhile; nothing was written.
            Unavailable: the database did not come back within PATIENCE; nothing is known to be written.
        """
        columns = _columns(batch)
        first = batch[0].arrival

        async def write(connection: Connection) -> None:
            try:
                async with connection.seeing(*{judged.arrival.site.id for judged in batch}):
                    await connection.execute(sql("accept_batch"), *columns)
            except asyncpg.UniqueViolationError as error:
                async with connection.seeing(first.site.id):
                    written = await connection.fetchval(sql("accepted"), first.site.id, first.id)
                if not written:
                    raise Conflict("This Idempotency-Key is being used by another request.") from error

        await self._persist(write)

    async def receipts(self, site_ids: set[SiteId], ids: Sequence[CommentId]) -> dict[CommentId, Receipt]:
        """Return what became of comments that are there already, by id."""

        async def ask(connection: Connection) -> list[asyncpg.Record]:
            async with connection.seeing(*site_ids):
                return await connection.fetch(sql("receipts"), list(ids))

        return {row["comment_id"]: _receipt(row) for row in await self._persist(ask)}

    async def _persist(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do work on the connection, again on a new one when it was lost, until it is done or patience ends."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE if self._left is None else self._left):
                while True:
                    try:
                        return await self._once(work)
                    except (Unavailable, asyncpg.DeadlockDetectedError):
                        await asyncio.sleep(_RETRY_AFTER)
        except TimeoutError as error:
            self._drop()
            raise Unavailable(NO_DATABASE) from error
        finally:
            if self._left is not None:
                self._left -= time.perf_counter() - began

    async def _once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        try:
            with translated():
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect(self._dsn, pooling=self._pooling, give_up_after=PATIENCE)
                return await work(self._connection)
        except Unavailable:
            self._drop()
            raise

    def _drop(self) -> None:
        """Let go of a connection that is broken, or whose server may be busy with what we no longer wait for."""
        if self._connection:
            self._connection.terminate()
            self._connection = None


def _key_hash(arrival: Arrival) -> bytes | None:
    key = arrival.idempotency_key
    return hashlib.sha256(key.encode()).digest() if key is not None else None


def _columns(batch: Sequence[Judged]) -> list[list[object]]:
    return [list(column) for column in zip(*map(_row, batch), strict=True)]


def _row(judged: Judged) -> tuple[object, ...]:
    """Return one comment's values in the order of the parameters of accept_batch."""
    arrival, verdict = judged.arrival, judged.verdict
    submission = arrival.submission
    encode = msgspec.json.encode
    return (
        arrival.site.id,
        arrival.id,
        judged.page_id,
        arrival.parent_id,
        judged.state,
        judged.text_hash,
        arrival.author_key,
        arrival.address_hash,
        arrival.address_prefix,
        submission.lang,
        submission.author_name,
        arrival.author_email,
        submission.author_url,
        submission.body,
        judged.html,
        arrival.created_at,
        verdict.action,
        encode(verdict.scores).decode(),
        encode(verdict.models).decode(),
        encode(verdict.flags).decode(),
        _key_hash(arrival),
        arrival.request_hash,
        judged.queued,
        judged.rank,
        judged.weight,
        " ".join(sorted({flag.code for flag in verdict.flags})),
        " ".join(sorted({flag.category for flag in verdict.flags})),
        new_id(arrival.created_at),
        judged.near,
    )


def circumstance(row: asyncpg.Record) -> Circumstance:
    """Return what a row of look_up_arrivals says."""
    return Circumstance(
        page_id=row["page_id"],
        closed=row["closed"],
        parent_body=row["parent_body"] or "",
        parent_ok=row["parent_ok"],
        record=AuthorRecord(approved=row["approved"], rejected=row["rejected"]),
        same_text_rejected=row["same_text_rejected"],
        same_text_approved=row["same_text_approved"],
        near_text_rejected=row["near_text_rejected"],
        replay_of=row["replay_of"],
        replay_hash=row["replay_hash"],
    )


def _receipt(row: asyncpg.Record) -> Receipt:
    flags = msgspec.json.decode(row["flags"], type=tuple[Flag, ...])
    return Receipt(
        id=row["comment_id"],
        state=row["state"],
        html=row["html"],
        created_at=row["created_at"],
        page_url=row["url"],
        categories=tuple(dict.fromkeys(flag.category for flag in flags)),
        replayed=True,
    )
