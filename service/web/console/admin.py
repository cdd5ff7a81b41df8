"""List the addresses of the console's pages for owners, and of the statistics."""

from service.web.auth import MemberRoute
from service.web.console import claims, owner, policy
from service.web.console.session import ask_to_sign_in
from service.web.console.statistics import show_statistics

_SITE = "/console/sites/{site}"
_PAGES = (
    ("/console/sites", owner.show_sites, owner.make_site),
    (f"{_SITE}/policy", policy.show_policy, policy.try_policy),
    (f"{_SITE}/lists", owner.show_lists, owner.change_lists),
    (f"{_SITE}/claims", claims.show_claims, claims.change_claims),
    (f"{_SITE}/members", owner.show_members, owner.change_members),
    (f"{_SITE}/tokens", owner.show_tokens, owner.change_tokens),
)

ROUTES = (
    MemberRoute("/console/statistics", show_statistics, method="GET", role="viewer", strangers=ask_to_sign_in),
    MemberRoute(_SITE, owner.change_site, method="POST", role="owner", strangers=ask_to_sign_in),
    *(MemberRoute(path, show, method="GET", role="owner", strangers=ask_to_sign_in) for path, show, _ in _PAGES),
    *(MemberRoute(path, change, method="POST", role="owner", strangers=ask_to_sign_in) for path, _, change in _PAGES),
)
