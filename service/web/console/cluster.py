"""Put near-duplicates together, so that they are looked at side by side and decided on at once.

The same words are found among all that waits, by their hash; words that are merely close, among the comments of one
page of the queue. What else should count as alike belongs here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from service.comment import CommentId
from service.store.cases import QueueItem

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_LEAST_WORDS = 5
_CLOSE = 0.6
"""Share of word pairs that two texts have in common to be near-duplicates: a changed number, name or link passes, the
same topic in other words does not."""


@dataclass(slots=True, kw_only=True)
class Cluster:
    """Comments that say the same; `first` stands for them all, `also` are those of the same page of the queue."""

    first: QueueItem
    also: list[QueueItem] = field(default_factory=list)


def clusters(items: Sequence[QueueItem], same: Mapping[CommentId, Sequence[CommentId]]) -> list[Cluster]:
    """Group comments in their order; `same` names those with the very same words."""
    found: list[tuple[frozenset[str], Cluster]] = []
    for item in items:
        pairs = word_pairs(item.body)
        for others, cluster in found:
            if cluster.first.site == item.site and (item.id in same.get(cluster.first.id, ()) or close(pairs, others)):
                cluster.also.append(item)
                break
        else:
            found.append((pairs, Cluster(first=item)))
    return [cluster for _, cluster in found]


def word_pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring words of a text, numbers as one; none for a text of few words."""
    words = _WORD.findall(_NUMBER.sub("0", text.casefold()))
    if len(words) < _LEAST_WORDS:
        return frozenset()
    return frozenset(f"{one} {two}" for one, two in pairwise(words))


def close(one: frozenset[str], two: frozenset[str]) -> bool:
    """Tell whether two texts, as pairs of words, are near-duplicates (Jaccard)."""
    return bool(one and two) and len(one & two) >= _CLOSE * len(one | two)
