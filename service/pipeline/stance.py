"""Measure how a comment speaks: cues of refuting, asking, reporting, telling, joking and urging, and where they stand.

Nothing is decided here. The numbers feed a learnt model, because "not addictive" is the claim and "not safe" is its
refutation: only the weights of many cues together tell the two apart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.comment import Stance
from service.pipeline.phrases import Hit, Phrases
from service.pipeline.sentences import Flat, Places, within, words

CUES = (
    "attribution",
    "authority",
    "booster",
    "conspiracy",
    "correction",
    "danger",
    "debunk",
    "experience",
    "hedge",
    "imperative",
    "laughter",
    "negation",
    "policy",
    "question",
    "quote",
    "report_act",
    "rhetorical",
    "sale",
    "second_person",
    "thanks",
    "turn",
    "warning",
)
ZONES = ("anywhere", "opening", "closing", "quoted")
FEATURES = (
    *(f"{cue}.{zone}" for cue in CUES for zone in ZONES),
    "quoted_share",
    "opens_quoted",
    "ends_asking",
    "question_share",
    "negated_sentence_share",
)

# Which cues can explain a stance to a reader, strongest first.
_TELLING: Mapping[Stance, tuple[str, ...]] = {
    "refutes": ("debunk", "warning", "danger", "correction", "turn", "negation"),
    "asks": ("question", "hedge"),
    "reports": ("attribution", "report_act", "quote"),
    "experience": ("experience", "hedge"),
    "promotes": ("sale", "imperative", "booster"),
    "asserts": ("booster", "conspiracy", "imperative", "rhetorical"),
}
_STOPS = frozenset(".!?…")
_QUOTES = frozenset('"“”')
_DENIALS = frozenset({"not", "no", "never", "dont"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text speaks: the features, and the cues behind them as stretches of words."""

    features: NDArray[np.float32]
    hits: tuple[Hit, ...]


class Lexicon:
    """Hold the cue phrases by kind, read from `cues.json` of the model directory."""

    def __init__(self, text: str) -> None:
        phrases: Mapping[str, Sequence[str]] = json.loads(text)
        self._phrases = Phrases({i: [words(phrase).forms for phrase in phrases[cue]] for i, cue in enumerate(CUES)})

    def manners(self, flat: Flat) -> list[Manner]:
        """Return how each text speaks."""
        owners = flat.owners()
        hits = self._phrases.find_within(flat, flat.bounds[1:][owners])
        quoted = _quoted(flat)
        features = np.concatenate([_counts(flat, owners, hits, quoted), _shapes(flat, owners, quoted)], axis=1)
        cuts = np.searchsorted([hit.start for hit in hits], flat.bounds).tolist()
        found: list[Manner] = []
        for row, base, (first, end) in zip(features, flat.bounds.tolist(), pairwise(cuts), strict=False):
            found.append(Manner(row, tuple(Hit(h.label, h.start - base, h.end - base) for h in hits[first:end])))
        return found

    def cue(self, stance: Stance, hits: Sequence[Hit], first: int, last: int) -> Hit | None:
        """Return the hit that best explains a stance, one inside words `first`:`last` before one outside."""
        for kind in _TELLING[stance]:
            label = CUES.index(kind)
            of_kind = [hit for hit in hits if hit.label == label]
            if of_kind:
                return min(of_kind, key=lambda hit: (not first <= hit.start < last, hit.start - hit.end, hit.start))
        return None


def _quoted(flat: Flat) -> NDArray[np.bool_]:
    """Return which words stand within quotation marks, opening marks included."""
    flags = np.zeros(len(flat.forms), dtype=np.bool_)
    marks = np.flatnonzero(_which(flat, _QUOTES)).tolist()
    cuts = np.searchsorted(marks, flat.bounds).tolist()
    for first, end in pairwise(cuts):
        opened = -1
        spans: list[tuple[int, int]] = []
        for place in marks[first:end]:
            form = flat.forms[place]
            if opened >= 0 and form != "“":
                spans.append((opened, place))
                opened = -1
            elif opened < 0 and form != "”":
                opened = place
        # An opening mark without a closing one quotes nothing.
        if opened < 0:
            for start, stop in spans:
                flags[start:stop] = True
    return flags


def _counts(flat: Flat, owners: Places, hits: Sequence[Hit], quoted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how densely each cue occurs in each zone of each text."""
    texts = len(flat.bounds) - 1
    size = np.maximum(np.diff(flat.bounds), 1)
    third = np.maximum(size // 3, 4)
    starts = np.array([hit.start for hit in hits], dtype=np.intp)
    labels = np.array([hit.label for hit in hits], dtype=np.intp)
    of = owners[starts]
    place = starts - flat.bounds[of]
    zones = (np.ones(len(hits)), place < third[of], place >= (size - third)[of], quoted[starts])
    cells = (of * len(CUES) + labels) * len(ZONES)
    counts = np.zeros(texts * len(CUES) * len(ZONES), dtype=np.float32)
    for zone, counted in enumerate(zones):
        counts += np.bincount(cells + zone, weights=counted, minlength=len(counts)).astype(np.float32)
    # Density as well as presence: long comments touch every cue once, and length itself must not speak.
    return (np.log1p(counts.reshape(texts, -1)) / np.log1p(1 + size / 24)[:, None]).astype(np.float32)


def _shapes(flat: Flat, owners: Places, quoted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how each text quotes, asks and negates, as shares."""
    starts, ends = flat.bounds[:-1], flat.bounds[1:]
    size = np.maximum(ends - starts, 1)
    stops, asks = _which(flat, _STOPS), _which(flat, frozenset("?"))
    total = np.maximum(within(stops, starts, ends), 1)
    # Each negation belongs to the sentence that so many stops come before.
    sentence = np.concatenate([[0], np.cumsum(stops)])
    turning = np.flatnonzero(_which(flat, _DENIALS))
    first = np.unique(owners[turning] * (len(flat.forms) + 1) + sentence[turning])
    negated = np.bincount(first // (len(flat.forms) + 1), minlength=len(starts))
    filled = ends > starts
    opening = np.zeros(len(starts), dtype=np.bool_)
    closing = np.zeros(len(starts), dtype=np.bool_)
    opening[filled] = _which(flat, _QUOTES)[starts[filled]]
    closing[filled] = asks[ends[filled] - 1]
    return np.column_stack(
        [
            within(quoted, starts, ends) / size,
            opening,
            closing,
            within(asks, starts, ends) / total,
            np.minimum(negated / total, 1.0),
        ]
    ).astype(np.float32)


def _which(flat: Flat, of: frozenset[str]) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = np.array([form in of for form in flat.distinct], dtype=np.bool_)[flat.ids]
    return flags
