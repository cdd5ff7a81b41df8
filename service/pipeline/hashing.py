"""Hash words and stretches of characters into buckets, the same way for training and for serving."""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Buckets = NDArray[np.int64]
Places = NDArray[np.int64]

BITS = 19
BUCKETS = 1 << BITS
CHAR_SIZES = (3, 4, 5)

_SHIFT = np.uint64(64 - BITS)
_STEP = np.uint64(0x100000001B3)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)


def words(tokens: Sequence[str], seeds: NDArray[np.uint64], of: NDArray[np.int64]) -> Iterator[tuple[Buckets, Places]]:
    """Yield the buckets of all words, then of all pairs of neighbours, each with the place of its first word.

    `seeds` tells fields apart and `of` texts, one entry per word: no pair reaches over the end of a text.
    """
    hashed = (np.array([_crc(token) for token in tokens], dtype=np.uint64) ^ (seeds << np.uint64(32))) * _SPREAD
    yield _bucket(hashed), np.arange(len(tokens))
    first = np.flatnonzero(of[:-1] == of[1:])
    yield _bucket((hashed[first] ^ (hashed[first + 1] * _PAIR)) * _SPREAD), first


def stretches(
    codes: NDArray[np.uint32], seeds: NDArray[np.uint64], of: NDArray[np.int64]
) -> Iterator[tuple[Buckets, Places]]:
    """Yield the buckets of each stretch of 3, of 4 and of 5 characters with the place where it starts."""
    seeded = codes + seeds * np.uint64(0x9E3779B1)
    rolling = seeded
    for size in range(2, CHAR_SIZES[-1] + 1):
        count = len(seeded) - size + 1
        if count < 1:
            return
        rolling = (rolling[:count] * _STEP) ^ (seeded[size - 1 :] * _PAIR)
        if size >= CHAR_SIZES[0]:
            first = np.flatnonzero(of[:count] == of[size - 1 :])
            yield _bucket(rolling[first] * _SPREAD), first


def code_points(text: str) -> NDArray[np.uint32]:
    """Return a text's code points, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@lru_cache(maxsize=1 << 14)
def _crc(token: str) -> int:
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


def _bucket(hashed: NDArray[np.uint64]) -> Buckets:
    return (hashed >> _SHIFT).astype(np.int64)
