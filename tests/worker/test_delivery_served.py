"""The service as a user starts it tells another system of its comments, killed in between or not."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import asyncpg
from receiver import receiving

from service.store.embedded import EmbeddedPostgres


def comment(url: str, body: str) -> str:
    content = json.dumps({"body": body, "author_name": "Ada", "page_url": "http://127.0.0.1:8000/a"}).encode()
    request = urllib.request.Request(
        f"{url}/v1/sites/demo/comments", content, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["id"])


async def _end_leases(data_dir: Path) -> None:
    connection = await asyncpg.connect(EmbeddedPostgres(data_dir).service_dsn)
    await connection.execute("SELECT set_config('gatepost.sites', '1', false)")
    assert await connection.fetchval(
        "SELECT due_at > now() + interval '20 seconds' FROM outbox WHERE state = 'waiting'"
    )
    await connection.execute("UPDATE outbox SET due_at = now()")
    await connection.close()


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_site_is_heard_by_another_system_even_when_the_service_is_killed_as_it_tells(serve):
    service = serve(GATEPOST_WEBHOOK_NETWORKS="127.0.0.1", GATEPOST_PUBLIC_URL="http://127.0.0.1:8000")
    with receiving() as receiver:
        made = json.loads(service.gatepost("webhook", "add", "--site", "demo", receiver.url, "--json").stdout)
        receiver.secret = made["secret"]
        first = comment(service.url, "The seeds came up within a week here, thanks for the tip.")
        receiver.wait(1)
        receiver.seconds = 0.5
        second = comment(service.url, "Ours took longer, but then the cellar is cold in March.")
        until(lambda: receiver.busy > 0)
        service.kill()
        receiver.wait(2)
        again = serve(
            data_dir=service.data_dir,
            GATEPOST_WEBHOOK_NETWORKS="127.0.0.1",
            GATEPOST_PUBLIC_URL="http://127.0.0.1:8000",
        )
        listed = again.gatepost("webhook", "deliveries", made["id"], "--site", "demo").stdout
        # Nobody else takes on what was under way until its lease ends.
        asyncio.run(_end_leases(again.data_dir))
        receiver.wait(3, 20.0)
        until(lambda: "waiting" not in again.gatepost("webhook", "deliveries", made["id"], "--site", "demo").stdout)

    assert receiver.forged == []
    assert [event["data"]["comment_id"] for event in receiver.events] == [first, second, second]
    assert receiver.ids[1] == receiver.ids[2]
    assert "waiting" in listed
    assert "seeds" not in service.output + again.output


def test_places_are_named_listed_and_removed_at_the_command_line(serve):
    service = serve()
    added = service.gatepost(
        "webhook", "add", "--site", "demo", "https://hooks.example.org/in", "--kind", "comment.held"
    )
    (listed,) = json.loads(service.gatepost("webhook", "list", "--site", "demo", "--json").stdout)
    shown = service.gatepost("webhook", "list", "--site", "demo").stdout
    service.gatepost("webhook", "remove", listed["id"], "--site", "demo")

    assert "whsec_" in added.stdout
    assert (listed["url"], listed["kinds"], listed["enabled"]) == (
        "https://hooks.example.org/in",
        ["comment.held"],
        True,
    )
    assert "secret" not in listed
    assert f"{listed['id']}  well" in shown
    assert json.loads(service.gatepost("webhook", "list", "--site", "demo", "--json").stdout) == []
    for refused, why in (
        (("add", "--site", "demo", "http://10.0.0.1/in"), "not on the public internet"),
        (("add", "--site", "demo", "ftp://hooks.example.org"), "not a plain http"),
        (("add", "--site", "nobody", "https://hooks.example.org"), "no site named"),
        (("remove", listed["id"], "--site", "demo"), "no such webhook"),
        (("deliveries", "seven", "--site", "demo"), "no such webhook"),
    ):
        done = service.gatepost("webhook", *refused, check=False)
        assert (done.returncode, why in done.stderr) == (1, True), done.stderr
