"""Notice a person in danger: the writer's own wish to die or harm themselves. It calls a human, and accuses nobody."""

import json
from collections.abc import Iterator, Mapping, Sequence

from service.comment import Evidence, Finding, Normal
from service.pipeline.phrases import Phrases
from service.pipeline.sentences import Words, words

_SCORE = 0.9
_HOLD_AT = 0.5
_CALLS, _EXCUSES = 0, 1
_NEAR = 8


class Crisis:
    """Hold the phrases that call for a human (`calls`) and those beside which they mean nothing (`excuses`)."""

    def __init__(self, text: str) -> None:
        lists: Mapping[str, Sequence[str]] = json.loads(text)
        self._phrases = Phrases(
            {
                _CALLS: [words(phrase).forms for phrase in lists["calls"]],
                _EXCUSES: [words(phrase).forms for phrase in lists["excuses"]],
            }
        )

    def findings(self, normal: Normal, read: Words) -> Iterator[Finding]:
        """Yield one finding if the writer seems to be in danger."""
        hits = self._phrases.find(read.forms)
        excuses = [hit for hit in hits if hit.label == _EXCUSES]
        for hit in hits:
            if hit.label == _CALLS and all(abs(hit.start - excuse.start) > _NEAR for excuse in excuses):
                first, last = normal.offsets[read.starts[hit.start]], normal.offsets[read.ends[hit.end - 1]]
                said = normal.submission.body[first:last]
                yield Finding(
                    code="needs_care",
                    category="care",
                    source="rule",
                    score=_SCORE,
                    hold_at=_HOLD_AT,
                    message="The writer may be in danger; please read this one first",
                    evidence=(Evidence(field="body", start=first, end=last, text=said, weight=1.0),),
                )
                return
