import re

from live import PAGE, Live


def test_a_live_process_says_so(live: Live) -> None:
    answer = live.get("/healthz")

    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_a_ready_service_names_its_models(live: Live) -> None:
    answer = live.get("/readyz")

    assert (answer.status, answer.json["status"], answer.json["database"]) == (200, "ready", True)
    assert answer.json["models"]


def test_the_metrics_are_prometheus_text(live: Live) -> None:
    answer = live.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    line = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+0-9.eE]+(Inf|NaN)?|# (HELP|TYPE) .*')
    assert all(line.fullmatch(each) for each in answer.text.splitlines())


def test_requests_and_comments_are_counted(live: Live) -> None:
    def figure(name: str) -> float:
        found = re.search(rf"^{re.escape(name)} (\S+)$", live.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    requests = 'gatepost_requests_total{route="/v1/sites/{site}/comments",status="201"}'
    comments = 'gatepost_comments_total{state="published"}'
    before = figure(requests), figure(comments)

    live.post({"body": "Counted once.", "page_url": PAGE})

    assert (figure(requests), figure(comments)) == (before[0] + 1, before[1] + 1)


def test_no_figure_carries_what_a_caller_chose(live: Live) -> None:
    live.get("/status/chosen-token")
    live.get("/chosen-path")
    live.ask("CHOSEN", "/healthz")

    assert "chosen" not in live.get("/metrics").text.lower()
