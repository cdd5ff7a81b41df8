"""Where a site wants to be told of its comments, and what each of these places has been told.

Whatever moves a comment writes the deliveries in the same transaction, one for each place that wants to know.
"""

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args
from uuid import UUID

from service.comment import CommentId, SiteId, State
from service.errors import Conflict, NotFound
from service.store.database import Database
from service.store.identity import new_id
from service.store.queries import sql

Kind = Literal["comment.held", "comment.published", "comment.rejected", "comment.erased"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 10
"""Places that a site may name: each comment is written once for each."""
LEASE = 60.0
"""Seconds after which a delivery is taken for dropped by whoever took it on; longer than one may take."""
_SECRET_BYTES = 24
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A place that is told of a site's comments. `failures` are those in a row; till `rests_until` it is left alone."""

    id: UUID
    url: str
    kinds: list[Kind]
    enabled: bool
    failures: int
    rests_until: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing that one place has been told or is to be told.

    `answer` is what came of the last of `tries`: a status, or why there was none.
    """

    id: str
    kind: Kind
    comment_id: CommentId
    created_at: datetime
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    due_at: datetime
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery that was taken on. `tries` counts this one, too; `probes` says that the place failed last."""

    site_id: SiteId
    id: int
    webhook_id: UUID
    target: str
    secret: bytes
    tries: int
    probes: bool
    kind: Kind
    created_at: datetime
    site: str
    comment_id: CommentId
    parent_id: CommentId | None
    state: State
    version: int
    page_key: str
    page_url: str
    page_title: str


async def add_webhook(db: Database, site_id: SiteId, *, url: str, kinds: Collection[Kind] = KINDS) -> tuple[UUID, str]:
    """Tell a site's events to a place from now on; return its id, and the secret by which it knows who tells.

    Raises:
        Conflict: the site has as many as it may have.
    """
    webhook_id, secret = new_id(datetime.now(UTC)), secrets.token_bytes(_SECRET_BYTES)
    wanted = [kind for kind in KINDS if kind in kinds]
    async with db.transaction(site_id) as connection:
        await connection.fetchval(sql("lock_policy"), site_id)
        if len(await connection.fetch(sql("list_webhooks"), site_id)) >= MOST:
            raise Conflict(f"A site may have {MOST} webhooks; remove one first.", code="too_many_webhooks")
        await connection.execute(sql("add_webhook"), site_id, webhook_id, url, wanted, secret, datetime.now(UTC))
    return webhook_id, f"whsec_{base64.b64encode(secret).decode()}"


async def list_webhooks(db: Database, site_id: SiteId) -> list[Webhook]:
    """Return where a site's events are told, oldest first."""
    async with db.seeing(site_id) as connection:
        return [Webhook(**row) for row in await connection.fetch(sql("list_webhooks"), site_id)]


async def remove_webhook(db: Database, site_id: SiteId, webhook_id: UUID) -> bool:
    """Tell a place no more, with all that waits for it; tell whether the site has it."""
    async with db.seeing(site_id) as connection:
        return await connection.fetchval(sql("remove_webhook"), site_id, webhook_id) is not None


async def list_deliveries(
    db: Database, site_id: SiteId, webhook_id: UUID, *, before: int | None, limit: int
) -> list[Delivery]:
    """Return what a place has been told in the last week, or is still to be told, latest first.

    Raises:
        NotFound: the site has no such webhook.
    """
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("list_deliveries"), site_id, webhook_id, before or _LAST, limit)
    if not rows and all(each.id != webhook_id for each in await list_webhooks(db, site_id)):
        raise NotFound("The site has no such webhook.")
    return [Delivery(**row) for row in rows]


async def deliver_again(db: Database, site_id: SiteId, webhook_id: UUID, delivery_id: int) -> bool:
    """Deliver something once more; tell whether there is such a delivery."""
    async with db.seeing(site_id) as connection:
        return await connection.fetchval(sql("deliver_again"), site_id, webhook_id, delivery_id) is not None


async def claim_deliveries(
    db: Database, site_ids: Sequence[SiteId], *, of_each: int, most: int, busy: Collection[UUID] = ()
) -> list[Parcel]:
    """Take on deliveries that are due, to all places but the `busy`; nobody else gets them for LEASE seconds."""
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("claim_deliveries"), of_each, most, LEASE, list(busy))
    return [Parcel(**row) for row in rows]


async def note_delivered(db: Database, parcel: Parcel, answer: str) -> None:
    """Note that a place has taken a delivery."""
    async with db.seeing(parcel.site_id) as connection:
        await connection.execute(sql("note_delivered"), parcel.site_id, parcel.id, answer)


async def note_undelivered(
    db: Database, parcel: Parcel, answer: str, *, again_after: float | None, gone: bool = False
) -> None:
    """Note that a place did not take a delivery, and when to try again: in so many seconds, or never (None).

    The place is left alone for a while, and for good when it is `gone`.
    """
    async with db.seeing(parcel.site_id) as connection:
        await connection.execute(
            sql("note_undelivered"), parcel.site_id, parcel.id, answer, again_after, gone, parcel.probes
        )
