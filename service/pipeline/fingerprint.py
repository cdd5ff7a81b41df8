"""Name a text by numbers, so that the same words, or nearly the same, are found again."""

import hashlib
import re
import zlib

import numpy as np

_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S+@\S+")
# No address is without one of these; looking for them is quicker than for it.
_SIGNS = ("@", "://", "www.")
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_FOLD = np.uint64(29)
_FEW_WORDS = 5
_READ = 4000


def fingerprint(text: str) -> int:
    """Return a signed 64-bit hash of a text, the same whatever its case and spacing."""
    words = " ".join(text.casefold().split())
    digest = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def near_hash(text: str) -> int:
    """Return a signed 64-bit simhash of a text's words and pairs of words (Charikar 2002), 0 for one of few words.

    Texts that differ in a word of many, or in numbers, addresses and punctuation alone, differ in few bits or none.
    """
    read = text[:_READ].casefold()
    words = _WORD.findall(_ADDRESS.sub(" ", read) if any(sign in read for sign in _SIGNS) else read)
    if len(words) < _FEW_WORDS:
        return 0
    encoded = " ".join(words).encode().split()
    crcs = list(map(zlib.crc32, encoded))
    crcs += map(zlib.crc32, encoded[1:], crcs[:-1])
    hashed = np.array(crcs, dtype="<u8") * _SPREAD
    hashed = (hashed ^ (hashed >> _FOLD)) * _SPREAD
    bits = np.unpackbits(hashed.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    most = 2 * bits.sum(axis=0, dtype=np.uint16) > len(hashed)
    return int(np.packbits(most, bitorder="little").view("<i8")[0]) or 1
