"""Hash passwords, and reckon the codes of a second factor.

Hashing takes some 20 MB and 20 ms, so it runs in a thread, two at a time.
"""

import asyncio
import base64
import functools
import hashlib
import hmac
import secrets
import struct
from collections.abc import Sequence
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
MOST_HASHES = 8
"""A person has as many as passwords that differ from site to site: nearly always one."""
STEP_SECONDS = 30
_DIGITS = 6
# OWASP's first choice for argon2id (Password Storage Cheat Sheet): 19 MiB, two rounds, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = 2


class PasswordDesk:
    """Hash and verify passwords, few at a time. One per process."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.verified = 0
        """How many hashes were compared; the same for unknown people as for known ones."""

    async def hash(self, password: str) -> str:
        """Return what to keep of a password."""
        async with self._free:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def fitting(self, password: str, hashes: Sequence[str]) -> set[str]:
        """Return those of some hashes that a password fits; without any, one of nobody's is compared all the same."""
        compared = list(dict.fromkeys(hashes))[:MOST_HASHES] or [_nobody()]
        found = set()
        for each in compared:
            async with self._free:
                self.verified += 1
                if await asyncio.to_thread(_fits, password, each):
                    found.add(each)
        return found & set(hashes)


def new_secret() -> bytes:
    """Return a new secret for a second factor: 160 bits, as RFC 4226 recommends (section 4, R6)."""
    return secrets.token_bytes(20)


def as_text(secret: bytes) -> str:
    """Return a secret as people type it into their app."""
    return base64.b32encode(secret).decode()


def from_text(text: str) -> bytes | None:
    """Return the secret that a text stands for, None where it is none of ours."""
    try:
        secret = base64.b32decode(text)
    except ValueError:
        return None
    return secret if len(secret) == 20 else None


def app_link(secret: bytes, email: str) -> str:
    """Return the link by which an authenticator app on the same device takes the secret."""
    return f"otpauth://totp/Gatepost:{quote(email)}?secret={as_text(secret)}&issuer=Gatepost"


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a half-minute (RFC 6238 over RFC 4226, SHA-1, six digits: what every app speaks)."""
    mac = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    start = mac[-1] & 15
    number = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def step_of(secret: bytes, code: str, now: float) -> int | None:
    """Return the half-minute that a code is of, None where it fits none; clocks may be one half-minute apart."""
    given = "".join(code.split()).encode()
    current = int(now // STEP_SECONDS)
    fits = [step for step in (current - 1, current, current + 1) if _same(code_at(secret, step), given)]
    return fits[-1] if fits else None


def _same(code: str, given: bytes) -> bool:
    return hmac.compare_digest(code.encode(), given)


def _fits(password: str, hashed: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_hex())
