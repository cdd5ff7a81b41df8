"""A site's own claims, and what of the claim base it has switched off."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from service.comment import SiteClaim, SiteClaims, SiteId
from service.store.database import Database
from service.store.queries import sql

Kind = Literal["own", "topic_off", "claim_off"]
MOST = 50
"""Claims that a site may have of its own: each is matched against every comment."""


async def site_claims(db: Database, site_id: SiteId) -> SiteClaims:
    """Return what a site makes of the claim base."""
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("site_claims"), site_id)
    return SiteClaims(
        own=tuple(msgspec.json.decode(row["content"], type=SiteClaim) for row in rows if row["kind"] == "own"),
        topics_off=frozenset(row["name"] for row in rows if row["kind"] == "topic_off"),
        claims_off=frozenset(row["name"] for row in rows if row["kind"] == "claim_off"),
    )


async def put_claims(
    db: Database,
    site_id: SiteId,
    *,
    own: Sequence[SiteClaim] = (),
    topics_off: Sequence[str] = (),
    claims_off: Sequence[str] = (),
) -> None:
    """Add claims of a site's own, replacing those of the same id, and switch topics and claims off; all or nothing."""
    rows: list[tuple[Kind, str, str | None]] = [
        *(("own", claim.id, msgspec.json.encode(claim).decode()) for claim in own),
        *(("topic_off", name, None) for name in topics_off),
        *(("claim_off", name, None) for name in claims_off),
    ]
    async with db.transaction(site_id) as connection:
        await connection.executemany(sql("put_site_claim"), [(site_id, *row) for row in rows])


async def drop_claims(
    db: Database,
    site_id: SiteId,
    *,
    own: Sequence[str] = (),
    topics_off: Sequence[str] = (),
    claims_off: Sequence[str] = (),
) -> int:
    """Remove claims of a site's own and switch topics and claims on again; return how many there were."""
    wanted: list[tuple[Kind, str]] = [
        *(("own", name) for name in own),
        *(("topic_off", name) for name in topics_off),
        *(("claim_off", name) for name in claims_off),
    ]
    dropped = 0
    async with db.transaction(site_id) as connection:
        for kind, name in wanted:
            dropped += await connection.fetchval(sql("drop_site_claim"), site_id, kind, name) is not None
    return dropped
