"""Show authors their own comment, and put a revision of theirs in its place."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from service.comment import CommentId, Flag, SiteId
from service.statement import SENTENCES
from service.store.database import Database
from service.store.identity import new_id
from service.store.intake import circumstance
from service.store.moves import Place, queue
from service.store.notices import appeals_on
from service.store.queries import sql
from service.store.records import Appeal, Arrival, Circumstance, Judged, OwnComment, Standing
from service.store.threads import page_of


async def own_comment(db: Database, site_id: SiteId, comment_id: CommentId) -> OwnComment | None:
    """Return a comment as its author may see it."""
    async with db.seeing(site_id) as connection:
        row = await connection.fetchrow(sql("own_comment"), site_id, comment_id)
        appeals = await appeals_on(connection, [comment_id])
    return _own(row, appeals.get(comment_id)) if row else None


async def circumstance_of(db: Database, arrival: Arrival, text_hash: int, near: int) -> Circumstance:
    """Return what judging needs to know about one comment that is judged again."""
    columns: tuple[object, ...] = (
        arrival.site.id,
        arrival.page_key,
        arrival.parent_id,
        arrival.author_key,
        text_hash,
        None,
        near,
    )
    async with db.seeing(arrival.site.id) as connection:
        row = await connection.fetchrow(sql("look_up_arrivals"), *([column] for column in columns))
    assert row is not None
    return circumstance(row)


async def revise(db: Database, judged: Judged, version: int) -> bool:
    """Put a judged revision in its comment's place; False when the comment has moved on from that version."""
    arrival, verdict = judged.arrival, judged.verdict
    encode = msgspec.json.encode
    async with db.transaction(arrival.site.id) as connection:
        done = await connection.fetchrow(
            sql("revise_comment"),
            arrival.site.id,
            arrival.id,
            version,
            arrival.submission.body,
            judged.html,
            judged.text_hash,
            judged.near,
            judged.state,
            verdict.action,
            encode(verdict.scores).decode(),
            encode(verdict.models).decode(),
            encode(verdict.flags).decode(),
            arrival.created_at,
            new_id(arrival.created_at),
        )
        if done is None:
            return False
        await queue(connection, [Place(comment_id=arrival.id, due=judged.queued)])
    return True


async def use_proof(db: Database, site_id: SiteId, nonce: bytes, request_hash: bytes, expires_at: float) -> bool:
    """Use up a proof of work; False when another request has used it. The same request may be sent again."""
    async with db.seeing(site_id) as connection:
        row = await connection.fetchrow(
            sql("use_proof"), site_id, nonce, request_hash, datetime.fromtimestamp(expires_at, UTC)
        )
    return row is not None


def _own(row: asyncpg.Record, appeal: Appeal | None) -> OwnComment:
    flags = msgspec.json.decode(row["flags"], type=tuple[Flag, ...])
    decision: UUID | None = row["decision_id"]
    return OwnComment(
        id=row["comment_id"],
        site=row["site"],
        parent_id=row["parent_id"],
        state=row["state"],
        version=row["version"],
        lang=row["lang"],
        author_name=row["author_name"],
        author_email=row["author_email"],
        author_url=row["author_url"],
        author_key=row["author_key"],
        body=row["body"],
        html=row["html"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        page=page_of(row),
        categories=tuple(dict.fromkeys(flag.category for flag in flags)),
        standing=Standing(
            reason=row["reason"],
            # The status page says the reason itself, in the author's language.
            statement=(row["statement"] or "").removeprefix(SENTENCES.get(row["reason"], "")).strip(),
            automated=row["decided_by"] == "policy",
            final=row["final"],
            at=row["decided_at"],
        )
        if decision
        else None,
        appeal=appeal,
    )
