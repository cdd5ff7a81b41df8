"""Time from nothing: the process starts, Postgres with it, and the first comment is accepted."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from servers import GATEPOST, free_port


def cold_starts(folder: Path, times: int) -> dict[str, list[float]]:
    """Return the seconds from process start to first accepted comment: on an empty folder, and later ones."""
    seconds: dict[str, list[float]] = {"first": [], "later": []}
    for n in range(times):
        seconds["first"].append(_start(folder / f"cold{n}"))
        seconds["later"].append(_start(folder / f"cold{n}"))
    return seconds


def _start(data: Path) -> float:
    port = free_port()
    environment = os.environ | {
        "GATEPOST_DATA_DIR": str(data), "GATEPOST_PORT": str(port), "GATEPOST_LOG_LEVEL": "error"
    }  # fmt: skip
    began = time.perf_counter()
    with subprocess.Popen([GATEPOST, "serve"], env=environment, stdout=subprocess.DEVNULL) as running:
        try:
            while not _accepted(port):
                assert running.poll() is None
                assert time.perf_counter() < began + 60
                time.sleep(0.01)
            return time.perf_counter() - began
        finally:
            running.terminate()


def _accepted(port: int) -> bool:
    url = f"http://127.0.0.1:{port}"
    body = json.dumps({"body": "A first comment about walks.", "page_url": f"{url}/demo"}).encode()
    asked = urllib.request.Request(f"{url}/v1/sites/demo/comments", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status in (201, 202)
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False
