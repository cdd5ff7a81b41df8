"""Time the health judge: one comment, batches of 64, and hostile text of the largest size that is accepted.

    python tests/bench/health.py

Prints microseconds per comment, the median of five rounds, and how the cost of hostile text grows with its length.
"""

import json
import os
import statistics
import time
from collections.abc import Callable

# As the command line sets it: with threads, OpenBLAS spins, and a busy machine shows four times the cost.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from service.artefact import read_artefact
from service.comment import Submission
from service.paths import MODELS
from service.pipeline.health import HealthJudge
from service.pipeline.normalise import normalise

ROUNDS = 5
BATCH = 64
HOSTILE = {
    "one letter": "a",
    "words of one letter": "a ",
    "stops": ". ",
    "questions": "no? ",
    "quotes": '"',
    "long words": "z" * 500 + " ",
    "cues": "dont not never nonsense ",
    "emoji": "😂",
}


def main() -> None:
    """Print the table."""
    judge = HealthJudge(read_artefact(MODELS / "health"))
    lines = (MODELS / "corpora" / "health_mind.jsonl").read_text("utf-8").splitlines()
    bodies = sorted((json.loads(line)["text"] for line in lines), key=len)
    middle = len(bodies) // 2
    median = [normalise(Submission(body=body)) for body in bodies[middle - BATCH // 2 : middle + BATCH // 2]]
    alone = _median(lambda: [judge.judge([normal]) for normal in median]) / BATCH
    together = _median(lambda: judge.judge(median)) / BATCH
    size = len(bodies[middle])
    print(f"median comment, {size} characters: alone {alone:.0f} µs, in batches of {BATCH} {together:.0f} µs")
    for name, unit in HOSTILE.items():
        short, long = (_hostile(judge, unit, size) for size in (2_500, 10_000))
        print(f"{name:>20}: 2,500 characters {short:.0f} µs, 10,000 characters {long:.0f} µs, ×{long / short:.1f}")


def _hostile(judge: HealthJudge, unit: str, size: int) -> float:
    normal = normalise(Submission(body=(unit * size)[:size]))
    return _median(lambda: judge.judge([normal]))


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e6)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
