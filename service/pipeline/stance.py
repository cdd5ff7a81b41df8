"""Measure how a comment speaks: cues of refuting, asking, reporting, telling, joking and urging, and where they stand.

Nothing is decided here. The numbers feed a learnt model, because "not addictive" is the claim and "not safe" is its
refutation: only the weights of many cues together tell the two apart.
"""

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.comment import Stance
from service.pipeline.phrases import Hit, Phrases
from service.pipeline.sentences import Words, words

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

    def manner(self, read: Words) -> Manner:
        """Return how a text speaks."""
        hits = tuple(self._phrases.find(read.forms))
        quoted = _quoted(read.forms)
        return Manner(_features(read.forms, hits, quoted), hits)

    def cue(self, stance: Stance, hits: Sequence[Hit], first: int, last: int) -> Hit | None:
        """Return the hit that best explains a stance, one inside words `first`:`last` before one outside."""
        for kind in _TELLING[stance]:
            label = CUES.index(kind)
            of_kind = [hit for hit in hits if hit.label == label]
            if of_kind:
                return min(of_kind, key=lambda hit: (not first <= hit.start < last, hit.start - hit.end, hit.start))
        return None


def _quoted(forms: Sequence[str]) -> list[bool]:
    inside = False
    flags: list[bool] = []
    for form in forms:
        if form in _QUOTES:
            inside = not inside if form == '"' else form == "“"
        flags.append(inside)
    # An opening mark without a closing one quotes nothing.
    return flags if not inside else [False] * len(flags)


def _features(forms: Sequence[str], hits: Sequence[Hit], quoted: Sequence[bool]) -> NDArray[np.float32]:
    counts = np.zeros((len(CUES), len(ZONES)), dtype=np.float32)
    size = max(len(forms), 1)
    third = max(size // 3, 4)
    for hit in hits:
        row = counts[hit.label]
        row[0] += 1
        row[1] += hit.start < third
        row[2] += hit.start >= size - third
        row[3] += quoted[hit.start]
    # Density as well as presence: long comments touch every cue once, and length itself must not speak.
    counts = np.log1p(counts) / np.log1p(np.float32(1 + size / 24))
    return np.concatenate([counts.ravel(), _shape(forms, quoted)])


def _shape(forms: Sequence[str], quoted: Sequence[bool]) -> NDArray[np.float32]:
    size = max(len(forms), 1)
    stops = [i for i, form in enumerate(forms) if form in _STOPS]
    asked = sum(forms[i] == "?" for i in stops)
    negated = {bisect_left(stops, i) for i, form in enumerate(forms) if form in ("not", "no", "never", "dont")}
    total = max(len(stops), 1)
    return np.array(
        [
            sum(quoted) / size,
            float(bool(forms) and forms[0] in _QUOTES),
            float(bool(forms) and forms[-1] == "?"),
            asked / total,
            min(len(negated) / total, 1.0),
        ],
        dtype=np.float32,
    )
