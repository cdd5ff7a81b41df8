"""Turn every claim of the base into the plainest contrasts: said, denied, asked, reported, and its verb negated.

People say these things in endless ways; the frames teach only that the plain denial of a claim is not the claim.
"""

import re
from collections.abc import Iterator, Sequence

from service.comment import Submission
from service.pipeline.claims import Claim
from service.pipeline.normalise import normalise
from service.training.health_rows import Row

WEIGHT = 0.25
_SAID = ("{c}. Look it up.", "I can tell you that {c}.", "{c}, plain and simple.", "Wake up people, {c}!")
_FRAMES = (
    ("refute", "It is not true that {c}."),
    ("refute", "{c}? No. That is false and dangerous."),
    ("refute", '"{c}" is nonsense.'),
    ("refute", "Nobody should believe that {c}."),
    ("refute", "The myth that {c} was debunked years ago."),
    ("ask", "Is it true that {c}?"),
    ("ask", "Does anyone know whether {c}?"),
    ("ask", "I read that {c}, is there any evidence for that?"),
    ("report", "My neighbour says that {c}."),
    ("report", "A post going round our group claims that {c}."),
)
# The verb of a plain statement, and the same verb denied.
_DENIED = (
    (r"\bcauses\b", "does not cause"),
    (r"\bcause\b", "do not cause"),
    (r"\bcures\b", "does not cure"),
    (r"\bcure\b", "do not cure"),
    (r"\breverses\b", "does not reverse"),
    (r"\bprevents\b", "does not prevent"),
    (r"\btreats\b", "does not treat"),
    (r"\bkills\b", "does not kill"),
    (r"\bcan be\b", "cannot be"),
    (r"\bcan\b", "cannot"),
    (r"\bis\b", "is not"),
    (r"\bare\b", "are not"),
)
_AFFIRMED = (
    (r"\bis not\b|\bisn't\b", "is"),
    (r"\bare not\b|\baren't\b", "are"),
    (r"\bcannot\b|\bcan't\b", "can"),
    (r"\bdoes not\b|\bdoesn't\b", "does"),
    (r"\bdo not\b|\bdon't\b", "do"),
    (r"\bnever\b", "sometimes"),
)
_ORDERS = frozenset(
    {"drink", "take", "stop", "give", "put", "rub", "use", "eat", "swallow", "skip", "mix", "bin", "throw", "inject"}
    | {"refuse", "quit", "apply", "pour", "cut", "try", "ditch"}
)
_FORBIDDEN = ("Don't {c}.", "Please never {c}, it can kill you.", "Whatever you do, don't {c}.")


def frames(claims: Sequence[Claim]) -> list[Row]:
    """Return the framed rows of every claim, at a low weight."""
    return [row for claim in claims for row in _of(claim)]


def _of(claim: Claim) -> Iterator[Row]:
    bare = _bare(claim.claim)
    for frame in _SAID:
        yield _row(claim, frame.format(c=bare), "assert")
    if _contracted(bare) != bare:
        yield _row(claim, _contracted(claim.claim), "assert")
        yield _row(claim, f"{_contracted(bare)}, and I should know", "assert")
    for kind, frame in _FRAMES:
        yield _row(claim, frame.format(c=bare), kind)
    for pattern, other in _AFFIRMED if claim.polarity == "-" else _DENIED:
        turned, count = re.subn(pattern, other, claim.claim, count=1)
        if count:
            yield _row(claim, turned, "refute")
            yield _row(claim, f"{_contracted(turned)} Please stop spreading this.", "refute")
            break
    for text in claim.paraphrases:
        if text.split(maxsplit=1)[0].lower() in _ORDERS:
            for frame in _FORBIDDEN:
                yield _row(claim, frame.format(c=_bare(text)), "refute")


def _bare(sentence: str) -> str:
    stripped = sentence.strip().rstrip(".!")
    second = stripped[1:2]
    return stripped if second.isupper() else stripped[:1].lower() + stripped[1:]


def _contracted(sentence: str) -> str:
    return re.sub(r"\b(is|are|was|does|do|did) not\b", r"\1n't", sentence).replace("cannot", "can't")


def _row(claim: Claim, text: str, kind: str) -> Row:
    return Row(
        normal=normalise(Submission(body=text)),
        label=int(kind == "assert"),
        kind=kind,
        severity=claim.severity,
        topic=claim.topic,
        writer="frames",
        group=claim.id,
        claim=claim.id,
        weight=WEIGHT,
    )
