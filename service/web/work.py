"""Ask a browser for work before it sends a comment, where a site's policy wants that (altcha, deterministic mode).

The work is small for one comment and adds up for thousands. It is bound to the site (by its key) and to the page,
expires, and counts once. Whoever does not do it is held for a person, never refused: a browser without WebCrypto
cannot do it, and the form without script is never asked.
"""

import hashlib
import secrets
import time
from typing import Any

import altcha

from service.comment import SiteId, Work
from service.store.database import Database
from service.store.own import use_proof
from service.web.signature import keyed

_ALGORITHM = "PBKDF2/SHA-256"
_ITERATIONS = 1000
_LEAST_TRIES = 100
"""A browser tries 100 to 199 keys of 1,000 iterations: about 0.2 s on a laptop; making one costs us 0.5 ms."""
LIFETIME = 3600
"""Seconds for which a challenge may be answered: longer than writing takes, short enough to keep few used ones."""
_MOST_PAYLOAD = 4000


def challenge(key: bytes, page_key: str, now: float) -> dict[str, Any]:
    """Return a challenge for one page of the site that has this key."""
    made = altcha.create_challenge(
        _ALGORITHM,
        _ITERATIONS,
        counter=_LEAST_TRIES + secrets.randbelow(_LEAST_TRIES),
        expires_at=int(now + LIFETIME),
        data={"page": _name(page_key)},
        hmac_secret=keyed(key, "work"),
        hmac_key_secret=keyed(key, "work key"),
    )
    return made.to_dict()


async def judge_work(
    db: Database, site_id: SiteId, key: bytes, *, page_key: str, payload: str, request_hash: bytes
) -> Work:
    """Return what the answer to a challenge is worth, and use it up."""
    if not payload:
        return "missing"
    answer = _read(payload, page_key)
    if answer is None:
        return "wrong"
    result = altcha.verify_solution(answer, keyed(key, "work"), hmac_key_secret=keyed(key, "work key"))
    if not result.verified:
        return "wrong"
    parameters = answer.challenge.parameters
    expires_at = float(parameters.expires_at or time.time())
    first = await use_proof(db, site_id, bytes.fromhex(parameters.nonce), request_hash, expires_at)
    return "valid" if first else "used"


def _read(payload: str, page_key: str) -> "altcha.Payload | None":
    """Return an answer to a challenge for this page, None for anything else."""
    try:
        answer = altcha.Payload.from_base64(payload) if len(payload) <= _MOST_PAYLOAD else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if answer is None or answer.challenge.parameters.data != {"page": _name(page_key)}:
        return None
    return answer


def _name(page_key: str) -> str:
    return hashlib.sha256(page_key.encode("utf-8", "replace")).hexdigest()[:32]
