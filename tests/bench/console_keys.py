"""Work through 200 queued comments by keyboard in Chromium and print what each decision costs.

    python tests/bench/console_keys.py [--comments 200]

Prints decisions per minute of a person with no thinking time, requests and bytes per decision, as the browser counts
them, and the time from a key to the next comment's being the current one.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from browse import chromium, serving
from desk import Draft, lie, plain, spam

from service.store.embedded import EmbeddedPostgres
from service.store.migrate import migrate

WORDS = "the article says that sleep and walks help more than people think and my own doctor told me the same".split()


def drafts(number: int) -> list[Draft]:
    """Draft comments of which no two say the same, a third each false, spam and plain."""
    chance = random.Random(1)
    made = []
    for place in range(number):
        words = " ".join([*chance.sample(WORDS, 12), f"{chance.random():.8f}"])
        kind = place % 3
        body = f"{words}: ketamine isn't addictive at all. {words[::-1]}"
        made.append(lie(body) if kind == 0 else spam(words) if kind == 1 else plain(words))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=200)
    number = parser.parse_args().comments
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        server = EmbeddedPostgres(Path(folder) / "data", settings={"fsync": "off"})
        server.start("bench")
        try:
            asyncio.run(migrate(server.owner_dsn))
            service = server.owner_dsn.replace("gatepost_owner@", "gatepost_service@")
            with serving(service) as (office, url), chromium() as browser:
                office.lay(*drafts(number))
                run(office.invite(), url, browser, number)
        finally:
            server.stop()


def run(invite: str, url: str, browser, number: int) -> None:
    page = browser.new_page()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    traffic = {"requests": 0, "bytes": 0}
    network.on("Network.requestWillBeSent", lambda _: traffic.update(requests=traffic["requests"] + 1))
    network.on(
        "Network.loadingFinished",
        lambda event: traffic.update(bytes=traffic["bytes"] + int(event["encodedDataLength"])),
    )
    page.goto(f"{url}/console/sign-in/{invite}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("article.current")
    keys = ["m", "s", "a"]
    took = []
    began = time.perf_counter()
    for place in range(number):
        was = page.evaluate("document.querySelector('article.current').id")
        pressed = time.perf_counter()
        page.keyboard.press(keys[place % 3])
        last = place == number - 1
        page.wait_for_function(
            "([was, last]) => last ? document.querySelector('.empty') : "
            "(document.querySelector('article.current') ?? {id: was}).id !== was",
            arg=[was, last],
            polling=5,
        )
        took.append(1000 * (time.perf_counter() - pressed))
    seconds = time.perf_counter() - began
    took.sort()
    print(f"{number} decisions by one key each in {seconds:.1f} s: {60 * number / seconds:.0f} a minute")
    print(f"from key to next comment: p50 {took[number // 2]:.0f} ms, p95 {took[int(0.95 * number)]:.0f} ms")
    each = {name: total / number for name, total in traffic.items()}
    print(f"{each['requests']:.2f} requests and {each['bytes']:.0f} bytes per decision, pages and files included")


if __name__ == "__main__":
    main()
