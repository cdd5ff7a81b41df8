"""Read what people have decided on, to hold another policy against it."""

from dataclasses import dataclass
from typing import Literal

from service.comment import CommentId, SiteId, Verdict
from service.store.database import Database
from service.store.queries import sql
from service.store.review import verdict_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A comment with the decision of a person that stands, and the verdict that it had."""

    id: CommentId
    decided: Literal["approve", "reject"]
    body: str
    author_name: str
    author_email: str
    author_url: str
    network: str
    lang: str
    page_title: str
    verdict: Verdict


async def latest_decided(db: Database, site_id: SiteId, *, limit: int) -> list[Decided]:
    """Return the latest comments of a site that a person has decided on, the latest first."""
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("decided_cases"), site_id, limit)
    return [
        Decided(
            id=row["comment_id"],
            decided=row["decided"],
            body=row["body"],
            author_name=row["author_name"],
            author_email=row["author_email"],
            author_url=row["author_url"],
            network=row["address_prefix"] or "",
            lang=row["lang"],
            page_title=row["page_title"],
            verdict=verdict_of(row),
        )
        for row in rows
    ]
