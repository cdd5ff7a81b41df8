"""Name a text by numbers, so that the same words, or nearly the same, are found again."""

import hashlib
import re
import zlib
from itertools import pairwise

import numpy as np

_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S+@\S+")
_BITS = np.arange(64, dtype=np.uint64)
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
    words = _WORD.findall(_ADDRESS.sub(" ", text[:_READ].casefold()))
    if len(words) < _FEW_WORDS:
        return 0
    crcs = [zlib.crc32(word.encode("utf-8", "replace")) for word in words]
    crcs += [zlib.crc32(b.encode("utf-8", "replace"), crc) for crc, (_, b) in zip(crcs, pairwise(words), strict=False)]
    hashed = np.array(crcs, dtype=np.uint64) * _SPREAD
    hashed = (hashed ^ (hashed >> _FOLD)) * _SPREAD
    ones = ((hashed[:, None] >> _BITS) & np.uint64(1)).sum(axis=0)
    bits = (2 * ones > len(hashed)).astype(np.uint64)
    return int((bits << _BITS).sum().astype(np.int64)) or 1
