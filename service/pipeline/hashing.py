"""Hash words and stretches of characters into buckets, the same way for training and for serving."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Buckets = NDArray[np.int64]

BITS = 20
BUCKETS = 1 << BITS
CHAR_SIZES = (3, 4, 5)

_SHIFT = np.uint64(64 - BITS)
_STEP = np.uint64(0x100000001B3)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_NONE: Buckets = np.zeros(0, dtype=np.int64)


def words(tokens: Sequence[str], seed: int) -> tuple[Buckets, Buckets]:
    """Return the buckets of the words, and of the pairs of neighbours, of one field (`seed`)."""
    if not tokens:
        return _NONE, _NONE
    crcs = [zlib.crc32(token.encode("utf-8", "surrogatepass"), seed) for token in tokens]
    hashed = np.array(crcs, dtype=np.uint64) * _SPREAD
    pairs = (hashed[:-1] ^ (hashed[1:] * _PAIR)) * _SPREAD
    return _bucket(hashed), _bucket(pairs)


def code_points(text: str) -> NDArray[np.uint32]:
    """Return a text's code points, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def stretches(code_points: NDArray[np.uint32], seed: int) -> list[Buckets]:
    """Return the buckets of each stretch of 3, of 4 and of 5 characters; entry i of each starts at character i."""
    codes = code_points + np.uint64(seed * 0x9E3779B1 & 0xFFFFFFFF)
    found: list[Buckets] = []
    rolling = codes
    for size in range(2, CHAR_SIZES[-1] + 1):
        if len(codes) < size:
            break
        rolling = (rolling[: len(codes) - size + 1] * _STEP) ^ (codes[size - 1 :] * _PAIR)
        if size >= CHAR_SIZES[0]:
            found.append(_bucket(rolling * _SPREAD))
    return found


def _bucket(hashed: NDArray[np.uint64]) -> Buckets:
    return (hashed >> _SHIFT).astype(np.int64)
