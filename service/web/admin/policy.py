"""Read and change how a site decides, and show what a change would have done before it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from service.comment import Action, CommentId, Context, Policy, SiteId, Submission
from service.pipeline.lists import merged
from service.pipeline.preview import Case, actions
from service.store.database import Database
from service.store.decided import Decided, latest_decided
from service.store.records import Site
from service.store.sites import change_policy, find_site
from service.web.admin.lists import ListWish, entry_id, entry_of
from service.web.auth import Caller, MemberRoute
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

_MAX_BYTES = 256 * 1024
MOST_CASES, USUAL_CASES = 2000, 500
_MOST_CHANGED = 100
_QUOTED = 400

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]


class Thresholds(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Say from which score on something happens; null is what the model was shipped with."""

    spam: Share | None = None
    health: Share | None = None


class PolicyView(msgspec.Struct, kw_only=True, frozen=True):
    """Say how a site decides; `second_review` is the share of decisions that a second member judges blindly."""

    mode: Literal["pre", "hybrid", "post"]
    hold_at: Thresholds
    reject_at: Thresholds
    second_review: Share


class PolicyChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Say what to change; what is left out stays. Health is never rejected without a person."""

    mode: Literal["pre", "hybrid", "post"] | UnsetType = UNSET
    hold_at: Thresholds | UnsetType = UNSET
    reject_at: Thresholds | UnsetType = UNSET
    second_review: Share | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.reject_at and self.reject_at.health is not None:
            raise ValueError("Health claims are never rejected without a person")


class PreviewRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask what a changed policy, and changed lists, would have done to the last `limit` comments decided on."""

    policy: PolicyChange = PolicyChange()
    add: Annotated[list[ListWish], Meta(max_length=500)] = []
    remove: Annotated[list[str], Meta(max_length=500)] = []
    limit: Annotated[int, Meta(ge=1, le=MOST_CASES)] = USUAL_CASES


class Outcomes(msgspec.Struct, kw_only=True, frozen=True):
    """Count what happens to comments."""

    publish: int = 0
    hold: int = 0
    reject: int = 0


class Confusion(msgspec.Struct, kw_only=True, frozen=True):
    """Count what a policy does to comments, by what people decided on them."""

    approved: Outcomes
    rejected: Outcomes


class Changed(msgspec.Struct, kw_only=True, frozen=True):
    """Show a comment that the change would have treated otherwise; `text` is its beginning."""

    id: CommentId
    decided: Literal["approve", "reject"]
    before: Action
    after: Action
    author_name: str
    text: str


class PolicyPreview(msgspec.Struct, kw_only=True, frozen=True):
    """Say what a changed policy would have done; `changed` holds at most 100 comments, the worst mistakes first."""

    comments: int
    before: Confusion
    after: Confusion
    changed_count: int
    changed: list[Changed]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    case: Decided
    before: Action
    after: Action


async def show_policy(request: Request[State], caller: Caller) -> Response:
    """Say how the site decides."""
    return answer(view(await current_policy(request, caller)))


async def change_site_policy(request: Request[State], caller: Caller) -> Response:
    """Change how the site decides, from the next few seconds on."""
    site_id = site_of(request, caller)
    wanted = await read_json(request, PolicyChange, max_bytes=_MAX_BYTES)
    policy = await change_policy(
        request.state["db"], site_id, lambda policy: changed(policy, wanted), by=caller.principal.actor
    )
    return answer(view(policy))


async def preview_policy(request: Request[State], caller: Caller) -> Response:
    """Say what a changed policy would have done to the last comments that people decided on. Changes nothing."""
    wanted = await read_json(request, PreviewRequest, max_bytes=_MAX_BYTES)
    before = await current_policy(request, caller)
    kept = tuple(entry for entry in before.lists if entry_id(entry) not in set(wanted.remove))
    lists = merged(kept, map(entry_of, wanted.add)) if wanted.add else kept
    after = replace(changed(before, wanted.policy), lists=lists if wanted.add or wanted.remove else before.lists)
    return answer(await preview(request.state["db"], site_of(request, caller), before, after, limit=wanted.limit))


async def preview(db: Database, site_id: SiteId, before: Policy, after: Policy, *, limit: int) -> PolicyPreview:
    """Return what a policy would have done in place of another."""
    decided = await latest_decided(db, site_id, limit=limit)
    cases = [_case(each) for each in decided]
    was, would = await run_in_threadpool(lambda: (actions(cases, before), actions(cases, after)))
    rows = [_Row(case=case, before=b, after=a) for case, b, a in zip(decided, was, would, strict=True)]
    differing = sorted((row for row in rows if row.before != row.after), key=_harm, reverse=True)
    return PolicyPreview(
        comments=len(rows),
        before=_confusion([(row.case.decided, row.before) for row in rows]),
        after=_confusion([(row.case.decided, row.after) for row in rows]),
        changed_count=len(differing),
        changed=[_changed(row) for row in differing[:_MOST_CHANGED]],
    )


def changed(policy: Policy, wanted: PolicyChange) -> Policy:
    """Return a policy with a change made to it."""
    return replace(
        policy,
        mode=wanted.mode or policy.mode,
        hold_at=_given(wanted.hold_at) if wanted.hold_at is not UNSET else policy.hold_at,
        reject_at=_given(wanted.reject_at) if wanted.reject_at is not UNSET else policy.reject_at,
        second_review=policy.second_review if wanted.second_review is UNSET else wanted.second_review,
    )


def view(policy: Policy) -> PolicyView:
    """Return a policy as it is shown."""
    return PolicyView(
        mode=policy.mode,
        hold_at=_thresholds(policy.hold_at),
        reject_at=_thresholds(policy.reject_at),
        second_review=policy.second_review,
    )


def site_of(request: Request[State], caller: Caller) -> SiteId:
    """Return the site that the path names, which the caller owns.

    Raises:
        Forbidden, NotFound: they don't.
    """
    (site_id,) = caller.named(request.path_params["site"])
    return site_id


async def current_site(request: Request[State], caller: Caller) -> Site:
    """Return the site that the path names as it is now, not as it was some seconds ago."""
    site_of(request, caller)
    site = await find_site(request.state["db"], request.path_params["site"])
    assert site is not None
    return site


async def current_policy(request: Request[State], caller: Caller) -> Policy:
    """Return the policy of the site that the path names."""
    return (await current_site(request, caller)).policy


def _given(thresholds: Thresholds) -> dict[str, float]:
    return {name: value for name, value in msgspec.structs.asdict(thresholds).items() if value is not None}


def _thresholds(given: Mapping[str, float]) -> Thresholds:
    return Thresholds(spam=given.get("spam"), health=given.get("health"))


def _case(decided: Decided) -> Case:
    return Case(
        submission=Submission(
            body=decided.body,
            author_name=decided.author_name,
            author_email_domain=decided.author_email.rpartition("@")[2].lower(),
            author_url=decided.author_url,
            page_title=decided.page_title,
            lang=decided.lang,
        ),
        context=Context(author_email=decided.author_email, network=decided.network),
        verdict=decided.verdict,
    )


def _confusion(pairs: Sequence[tuple[str, Action]]) -> Confusion:
    def count(decided: str) -> Outcomes:
        return Outcomes(**{action: pairs.count((decided, action)) for action in Outcomes.__struct_fields__})

    return Confusion(approved=count("approve"), rejected=count("reject"))


def _harm(row: _Row) -> tuple[int, str]:
    """Order the worst first: what people approved would be rejected, what they rejected would be published."""
    mistakes = {("approve", "reject"): 3, ("reject", "publish"): 2, ("approve", "hold"): 1}
    return mistakes.get((row.case.decided, row.after), 0), str(row.case.id)


def _changed(row: _Row) -> Changed:
    case = row.case
    return Changed(
        id=case.id,
        decided=case.decided,
        before=row.before,
        after=row.after,
        author_name=case.author_name,
        text=case.body[:_QUOTED],
    )


ROUTES = (
    MemberRoute("/v1/sites/{site}/policy", show_policy, method="GET", role="owner"),
    MemberRoute("/v1/sites/{site}/policy", change_site_policy, method="PATCH", role="owner"),
    MemberRoute("/v1/sites/{site}/policy/preview", preview_policy, method="POST", role="owner"),
)
