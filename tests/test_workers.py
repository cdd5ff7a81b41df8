"""Several worker processes give the guarantees of one."""

import json
import os
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

WORKERS = 2


def send(url: str, number: int, key: str = "") -> str:
    """Send one comment; return its id."""
    body = {"body": f"Comment {number} about long walks by the sea.", "page_url": f"{url}/demo", "author_name": "Ada"}
    headers = {"Content-Type": "application/json", "Connection": "close"}
    if key:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(f"{url}/v1/sites/demo/comments", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["id"])


def workers(parent: int) -> set[int]:
    """Return the numbers of the worker processes."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text, command = status.read_text(), (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if f"PPid:\t{parent}\n" in text and b"spawn_main" in command:
            found.add(int(status.parent.name))
    return found


def until(condition: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def service(serve_module):
    return serve_module(GATEPOST_WORKERS=str(WORKERS), GATEPOST_RATE_LIMITS="off")


def test_a_key_used_on_several_workers_at_once_makes_one_comment(service):
    with ThreadPoolExecutor(16) as threads:
        ids = list(threads.map(lambda number: send(service.url, number % 8, f"key-{number % 8}"), range(64)))

    assert len(set(ids)) == 8


def test_the_metrics_of_any_worker_count_for_all(service):
    def taken() -> int:
        with urllib.request.urlopen(f"{service.url}/metrics", timeout=10) as answer:
            return sum(
                int(float(n)) for n in re.findall(r"^gatepost_comments_total{.*} (\S+)$", answer.read().decode(), re.M)
            )

    before = taken()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: send(service.url, 1000 + number), range(40)))

    assert {taken() - before for _ in range(10)} == {40}


def test_a_worker_that_dies_is_replaced(service):
    victim, *_ = first = workers(service.process.pid)
    assert len(first) == WORKERS

    os.kill(victim, signal.SIGKILL)
    until(lambda: len(workers(service.process.pid) - {victim}) == WORKERS)

    assert send(service.url, 2000)


def test_a_hang_up_renews_the_workers_one_by_one_and_loses_no_request(service):
    first = workers(service.process.pid)
    service.process.send_signal(signal.SIGHUP)
    sent = 0
    until_at = time.monotonic() + 60

    while workers(service.process.pid) & first:
        assert time.monotonic() < until_at
        send(service.url, 3000 + sent, f"hup-{sent}")
        sent += 1

    assert sent > 0
    until(lambda: len(workers(service.process.pid)) == WORKERS)


def test_an_archive_is_judged_again_beside_the_running_workers(service):
    for number in range(3):
        send(service.url, 5000 + number)

    dry = json.loads(service.gatepost("rescore", "--site", "demo", "--model", "spam", "--dry-run", "--json").stdout)
    said = service.gatepost("rescore", "--site", "demo", "--model", "spam").stdout
    unknown = service.gatepost("rescore", "--site", "nowhere", "--model", "spam", check=False)

    assert dry["judged"] == dry["comments"] >= 3
    assert (dry["flagged"], dry["queued"]) == (0, 0), "the same model says the same"
    assert f"{dry['comments']:,} of {dry['comments']:,} comments of demo are judged" in said
    assert unknown.returncode == 1
    assert "no site named nowhere" in unknown.stderr


def test_the_links_are_printed_once_and_the_exit_is_clean(serve):
    service = serve(GATEPOST_WORKERS=str(WORKERS))
    until(lambda: "The queue:" in service.output)
    below = workers(service.process.pid)

    code = service.stop()

    assert code == 0
    assert service.output.count("Gatepost is ready.") == 1
    assert not any(Path(f"/proc/{pid}").exists() for pid in below)


def test_workers_do_not_outlive_their_parent(serve):
    service = serve(GATEPOST_WORKERS=str(WORKERS))
    below = workers(service.process.pid)
    assert len(below) == WORKERS

    service.kill()

    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))


def test_workers_share_one_limit(serve):
    service = serve(GATEPOST_WORKERS=str(WORKERS), GATEPOST_RATE_LIMITS="site=60/36000")

    def taken(count: int) -> int:
        with ThreadPoolExecutor(8) as threads:
            return sum(threads.map(lambda number: accepted(service.url, number), range(count)))

    time.sleep(3)  # until all take part: one that has taken nothing on a site does not look after it
    at_once = taken(60)
    time.sleep(3)  # until each has told the other
    later = taken(90)

    # Some are refused at once where the workers tell each other while the sixty arrive.
    assert 50 <= at_once <= 60
    assert at_once + later <= 66, "each worker alone would let in sixty"


def accepted(url: str, number: int) -> bool:
    try:
        send(url, number)
    except urllib.error.HTTPError as error:
        if error.code != 429:
            raise
        return False
    return True
