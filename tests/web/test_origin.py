import uuid

import pytest
from live import HOME, PAGE, PATH, Live

WORDS = "I read this twice and it helped me, thank you."


@pytest.mark.parametrize(
    "spelling",
    [
        "https://SITE.test/a/b?x=1&y=2",
        "https://site.test:443/a/b/?y=2&x=1#comments",
        "HTTPS://site.test/a/b?x=1&utm_source=mail&y=2&fbclid=abc",
    ],
)
def test_all_spellings_of_an_address_name_one_page(live: Live, spelling: str) -> None:
    live.post({"body": WORDS, "page_url": spelling})

    assert live.get(PATH, page_url=spelling).json["page"]["key"] == "https://site.test/a/b?x=1&y=2"  # type: ignore[index]


def test_the_longest_page_address_is_taken(live: Live) -> None:
    page = f"{HOME}/?q=" + "".join(uuid.uuid4().hex for _ in range(63))

    assert live.post({"body": WORDS, "page_url": page}).status == 201


def test_a_page_address_that_grows_too_long_in_its_normal_form_is_a_field_error(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": f"{HOME}/?q=" + "(/)" * 650})

    assert answer.status == 422
    assert answer.faults == {"page_url"}


def test_a_page_key_of_the_longest_letters_is_taken(live: Live) -> None:
    key = "".join(chr(0x20000 + 37 * i) for i in range(500))

    assert live.post({"body": WORDS, "page_key": key}).status == 201


def test_a_page_named_by_key_needs_no_address(live: Live) -> None:
    key = uuid.uuid4().hex

    answer = live.post({"body": WORDS, "page_key": f" {key} "})

    assert answer.status == 201
    assert live.get(PATH, page_key=key).json["page"]["count"] == 1  # type: ignore[index]
    assert live.get(PATH, page_key=f" {key} ").json["page"]["count"] == 1  # type: ignore[index]


@pytest.mark.parametrize("url", ["https://elsewhere.test/a", "http://site.test/a", "https://site.test:444/a"])
def test_a_page_of_another_origin_is_refused_and_both_are_named(live: Live, url: str) -> None:
    answer = live.post({"body": WORDS, "page_url": url})

    assert (answer.status, answer.json["code"]) == (403, "origin_not_allowed")
    assert HOME in str(answer.json["detail"])
    assert url.removesuffix("/a") in str(answer.json["detail"])


def test_a_browser_of_another_origin_is_refused_and_both_are_named(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE}, {"Origin": "https://elsewhere.test"})

    assert (answer.status, answer.json["code"]) == (403, "origin_not_allowed")
    assert "https://elsewhere.test" in str(answer.json["detail"])
    assert HOME in str(answer.json["detail"])
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": HOME}])
def test_programs_private_pages_and_pages_of_the_site_may_send(live: Live, headers: dict[str, str]) -> None:
    assert live.post({"body": WORDS, "page_url": PAGE}, headers).status == 201


def test_the_services_own_page_may_send(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": f"{live.origin}/demo"}, {"Origin": live.origin})

    assert answer.status == 201


def test_the_services_own_page_may_send_by_whatever_name_it_is_reached(live: Live) -> None:
    answer = live.post(
        {"body": WORDS, "page_url": f"{live.origin}/demo"},
        {"Origin": f"http://localhost:{live.port}", "Host": f"localhost:{live.port}"},
    )

    assert answer.status == 201


def test_a_page_of_the_site_may_read_the_answer(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE}, {"Origin": HOME})

    assert answer.headers["access-control-allow-origin"] == HOME
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("fields", "status"), [({"body": ""}, 422), ({"body": WORDS, "page_url": "https://elsewhere.test/"}, 403)]
)
def test_a_page_of_the_site_may_read_what_was_wrong(live: Live, fields: dict[str, object], status: int) -> None:
    answer = live.post(fields, {"Origin": HOME})

    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == HOME


def test_a_preflight_lets_a_page_of_the_site_ask(live: Live) -> None:
    asked = {"Origin": HOME, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}

    answer = live.ask("OPTIONS", PATH, headers=asked)

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == HOME
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


def test_a_preflight_from_elsewhere_gets_no_permission(live: Live) -> None:
    answer = live.ask("OPTIONS", PATH, headers={"Origin": "https://elsewhere.test"})

    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
