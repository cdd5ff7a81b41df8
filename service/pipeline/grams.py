"""Turn words and characters into hashed n-grams: binary features, told apart by 2^19 buckets each.

The hashing is our own so that serving needs numpy alone, and training counts with the same function.
"""

import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.pipeline.sentences import NEGATORS, Flat, Places

Buckets = NDArray[np.int64]

_BITS = 19
WORD_BUCKETS = CHAR_BUCKETS = MANNER_BUCKETS = 1 << _BITS
MAX_WORD_GRAM = 3
CHAR_GRAMS = (3, 4, 5)
SKELETON_GRAMS = (2, 3, 4, 5)
NEGATED_GRAMS = (1, 2)

# A negation reaches up to the next mark (Pang et al. 2002), or this many words further.
_MARKS = frozenset('.!?…,;:"“”')
_SCOPE = 6

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - _BITS)


def word_grams(flat: Flat) -> list[Buckets]:
    """Return, per text, the buckets of the 1- to 3-grams of its words, each once, sorted."""
    owners = flat.owners()
    return _unique(_rolls(_hashes(flat.distinct)[flat.ids], range(1, MAX_WORD_GRAM + 1)), owners, flat.bounds)


def pair_weights(forms: Sequence[str], weights: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return what each word and the next one weigh together, by the place of the first."""
    hashes = _hashes(forms)
    (_, single), (_, double) = _rolls(hashes, (1, 2))
    alone = weights[_mix(single)].astype(np.float32)
    total: NDArray[np.float32] = alone[:-1] + alone[1:] + weights[_mix(double)]
    return total


def manner_grams(flat: Flat, common: frozenset[str]) -> list[Buckets]:
    """Return, per text, the buckets of how something is said rather than of what: each once, sorted.

    Words under a negation are told from the same words outside one, and rarer words are blanked out of longer
    stretches, so that "dont … the …" is one feature whatever the topic.
    """
    owners = flat.owners()
    hashes = _hashes(flat.distinct)
    known = np.array([form in common for form in flat.distinct], dtype=np.bool_)
    skeleton = np.where(known, hashes, np.uint64(1)) ^ np.uint64(0x2545F491)
    said = hashes[flat.ids]
    negated = np.where(_negated(flat, owners), said ^ np.uint64(0x5BD1E995), said)
    rolls = [*_rolls(negated, NEGATED_GRAMS), *_rolls(skeleton[flat.ids], SKELETON_GRAMS)]
    return _unique(rolls, owners, flat.bounds)


def char_grams(texts: Sequence[str]) -> list[Buckets]:
    """Return, per text, the buckets of its 3- to 5-character stretches in lower case, each once, sorted."""
    lines = [f" {' '.join(text.lower().split())} " for text in texts]
    points = np.frombuffer("".join(lines).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    bounds = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    return _unique(_rolls(points, CHAR_GRAMS), np.repeat(np.arange(len(lines)), np.diff(bounds)), bounds)


def _hashes(forms: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([zlib.crc32(form.encode("utf-8", "replace")) for form in forms], dtype=np.uint64)


def _negated(flat: Flat, owners: Places) -> NDArray[np.bool_]:
    """Return whether the last negation or mark before each word is a negation, and near enough."""
    turns = np.array([form in NEGATORS for form in flat.distinct], dtype=np.bool_)[flat.ids]
    marks = np.array([form in _MARKS for form in flat.distinct], dtype=np.bool_)[flat.ids]
    places = np.arange(len(flat.ids))
    last = np.maximum.accumulate(np.where(turns | marks, places, -1))
    reached: NDArray[np.bool_] = (places - last <= _SCOPE) & (last < places) & (last >= flat.bounds[owners])
    return reached & turns[last]


def _rolls(units: NDArray[np.uint64], sizes: Sequence[int]) -> list[tuple[int, NDArray[np.uint64]]]:
    """Return, by size, one hash for each stretch of that many units."""
    found: list[tuple[int, NDArray[np.uint64]]] = []
    rolling = np.zeros(len(units) + 1, dtype=np.uint64)
    for size in range(1, max(sizes) + 1):
        rolling = rolling[:-1] * np.uint64(0x100000001B3) + units[size - 1 :] + np.uint64(size)
        if size in sizes:
            found.append((size, rolling))
        if not len(rolling):
            break
    return found


def _unique(rolls: Sequence[tuple[int, NDArray[np.uint64]]], owners: Places, bounds: Places) -> list[Buckets]:
    """Return the buckets of the stretches that lie within one text, by text."""
    keys = []
    for size, hashes in rolls:
        first, last = owners[: len(hashes)], owners[size - 1 :]
        inside = first == last
        keys.append((first[inside].astype(np.int64) << _BITS) | _mix(hashes[inside]))
    ordered = np.sort(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.int64)
    fresh = np.ones(len(ordered), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    ordered = ordered[fresh]
    cuts = np.searchsorted(ordered, np.arange(len(bounds)) << _BITS).tolist()
    buckets = ordered & ((1 << _BITS) - 1)
    return [buckets[start:end] for start, end in pairwise(cuts)]


def _mix(hashes: NDArray[np.uint64]) -> Buckets:
    mixed = hashes * _MULTIPLIER
    return (((mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIER) >> _SHIFT).astype(np.int64)
