"""List the console's addresses."""

from starlette.routing import Route

from service.web.auth import MemberRoute
from service.web.console.account import change_password, change_second_factor, end_own_session, show_account
from service.web.console.comment import show_comment_page
from service.web.console.decide import decide_here, undo_here, undo_together
from service.web.console.history import show_history
from service.web.console.listing import show_author, show_page_comments
from service.web.console.preference import set_preferences, show_help
from service.web.console.queue import show_queue
from service.web.console.session import ask_to_sign_in, sign_in, sign_in_by_password, sign_out

ROUTES = (
    Route("/console/sign-in", sign_in_by_password, methods=["GET", "POST"], include_in_schema=False),
    Route("/console/sign-in/{token}", sign_in, methods=["GET", "POST"], include_in_schema=False),
    MemberRoute("/console/sign-out", sign_out, method="POST", role="viewer", strangers=ask_to_sign_in),
    MemberRoute("/console/account", show_account, method="GET", role="viewer", strangers=ask_to_sign_in),
    MemberRoute("/console/account/password", change_password, method="POST", role="viewer", strangers=ask_to_sign_in),
    MemberRoute(
        "/console/account/second-factor", change_second_factor, method="POST", role="viewer", strangers=ask_to_sign_in
    ),
    MemberRoute("/console/account/sessions", end_own_session, method="POST", role="viewer", strangers=ask_to_sign_in),
    MemberRoute("/console", show_queue, method="GET", role="viewer", strangers=ask_to_sign_in),
    MemberRoute(
        "/console/comments/{comment_id:uuid}",
        show_comment_page,
        method="GET",
        role="viewer",
        strangers=ask_to_sign_in,
    ),
    MemberRoute(
        "/console/comments/{comment_id:uuid}/author", show_author, method="GET", role="viewer", strangers=ask_to_sign_in
    ),
    MemberRoute(
        "/console/pages/{page_id:int}", show_page_comments, method="GET", role="viewer", strangers=ask_to_sign_in
    ),
    MemberRoute("/console/history", show_history, method="GET", role="viewer", strangers=ask_to_sign_in),
    MemberRoute("/console/help", show_help, method="GET", role="viewer", strangers=ask_to_sign_in),
    MemberRoute("/console/help", set_preferences, method="POST", role="viewer", strangers=ask_to_sign_in),
    MemberRoute(
        "/console/batches/{batch_id:uuid}/undo",
        undo_together,
        method="POST",
        role="moderator",
        strangers=ask_to_sign_in,
    ),
    MemberRoute("/console/decisions", decide_here, method="POST", role="moderator", strangers=ask_to_sign_in),
    MemberRoute(
        "/console/decisions/{decision_id:uuid}/undo",
        undo_here,
        method="POST",
        role="moderator",
        strangers=ask_to_sign_in,
    ),
)
