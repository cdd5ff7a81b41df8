"""Name a text by a number, so that the same words are found again."""

import hashlib


def fingerprint(text: str) -> int:
    """Return a signed 64-bit hash of a text, the same whatever its case and spacing."""
    words = " ".join(text.casefold().split())
    digest = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
