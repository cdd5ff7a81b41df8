"""Turn words and characters into hashed n-grams: binary features, told apart by 2^18 buckets each.

The hashing is our own so that serving needs numpy alone, and training counts with the same function.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.pipeline.sentences import NEGATORS

WORD_BUCKETS = 1 << 17
CHAR_BUCKETS = 1 << 17
MANNER_BUCKETS = 1 << 17
MAX_WORD_GRAM = 3
CHAR_GRAMS = (3, 4, 5)
SKELETON_GRAMS = (2, 3, 4, 5)
NEGATED_GRAMS = (1, 2)

# A negation reaches up to the next mark (Pang et al. 2002), or this many words further.
_MARKS = frozenset('.!?…,;:"“”')
_SCOPE = 6

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - 17)


def word_grams(forms: Sequence[str]) -> NDArray[np.int64]:
    """Return the buckets of the 1- to 3-grams of a list of words, each once, sorted."""
    return _buckets(_hashes(forms), range(1, MAX_WORD_GRAM + 1))


def pair_weights(forms: Sequence[str], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what each word and the next one weigh together, by the place of the first."""
    hashes = _hashes(forms)
    alone = weights[_mix(_roll(hashes, 1))]
    total: NDArray[np.float32] = alone[:-1] + alone[1:] + weights[_mix(_roll(hashes, 2))]
    return total


def manner_grams(forms: Sequence[str], common: frozenset[str]) -> NDArray[np.int64]:
    """Return the buckets of how something is said rather than of what: each once, sorted.

    Words under a negation are told from the same words outside one, and rarer words are blanked out of longer
    stretches, so that "dont … the …" is one feature whatever the topic.
    """
    if not forms:
        return np.zeros(0, dtype=np.int64)
    hashes = _hashes(forms)
    negated = np.where(_negated(forms), hashes ^ np.uint64(0x5BD1E995), hashes)
    known = np.array([form in common for form in forms])
    skeleton = np.where(known, hashes, np.uint64(1)) ^ np.uint64(0x2545F491)
    return np.union1d(_buckets(negated, NEGATED_GRAMS), _buckets(skeleton, SKELETON_GRAMS))


def _hashes(forms: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([zlib.crc32(form.encode("utf-8", "replace")) for form in forms], dtype=np.uint64)


def _negated(forms: Sequence[str]) -> NDArray[np.bool_]:
    left = 0
    flags = np.zeros(len(forms), dtype=np.bool_)
    for i, form in enumerate(forms):
        if form in NEGATORS:
            left = _SCOPE
        elif form in _MARKS:
            left = 0
        elif left:
            flags[i] = True
            left -= 1
    return flags


def char_grams(text: str) -> NDArray[np.int64]:
    """Return the buckets of the 3- to 5-character stretches of a text in lower case, each once, sorted."""
    line = f" {' '.join(text.lower().split())} "
    points = np.frombuffer(line.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    return _buckets(points, CHAR_GRAMS)


def _buckets(units: NDArray[np.uint64], sizes: Sequence[int]) -> NDArray[np.int64]:
    found = [_roll(units, size) for size in sizes if size <= len(units)]
    return np.unique(_mix(np.concatenate(found))) if found else np.zeros(0, dtype=np.int64)


def _roll(units: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """Return one hash for each stretch of `size` units."""
    count = len(units) - size + 1
    rolling = np.zeros(count, dtype=np.uint64)
    for i in range(size):
        rolling = rolling * np.uint64(0x100000001B3) + units[i : i + count] + np.uint64(i + 1)
    return rolling


def _mix(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    mixed = hashes * _MULTIPLIER
    return (((mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIER) >> _SHIFT).astype(np.int64)
