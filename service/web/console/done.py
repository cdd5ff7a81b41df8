"""Say what the person has just done, as told by the address that they were sent to."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.web.console.address import uuid_in

SENTENCES: Mapping[str, str] = {
    "approve": "Approved: the comment is published.",
    "reject": "Rejected.",
    "spam": "Rejected as spam.",
    "health": "Rejected as health misinformation.",
    "escalate": "Escalated: another member decides.",
    "undo": "Undone: what stood before stands again.",
    "differs": "Noted. The first decision was another one, so a colleague decides between the two.",
}
_TOGETHER: Mapping[str, str] = {
    "approve": "approved",
    "reject": "rejected",
    "spam": "rejected as spam",
    "health": "rejected as health misinformation",
    "escalate": "escalated",
    "undo": "put back as they were before",
}
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A sentence, and where to look at the comment or take the decision back: an address, "" where there is none."""

    sentence: str
    look: str
    undo: str
    comment_id: str


def done(given: Mapping[str, str]) -> Done | None:
    """Return what an address says was done, None when it says nothing."""
    did = given.get("did", "")
    number, of = _number(given.get("n", "")), _number(given.get("of", ""))
    if did in _TOGETHER and of:
        sentence = f"{number} comment{'s' if number != 1 else ''} {_TOGETHER[did]}."
        if number < of:
            sentence += f" {of - number} not: somebody else was faster, or is looking at them."
    elif did in SENTENCES:
        sentence = SENTENCES[did]
    else:
        return None
    decision, batch, comment = (uuid_in(given, name) for name in ("decision", "batch", "comment"))
    undo = f"/console/batches/{batch}/undo" if batch else f"/console/decisions/{decision}/undo" if decision else ""
    return Done(
        sentence=sentence,
        look=f"/console/comments/{comment}" if comment else "",
        undo=undo,
        comment_id=str(comment or ""),
    )


def _number(text: str) -> int:
    return min(int(text), _MOST) if text.isdecimal() and len(text) < 5 else 0
