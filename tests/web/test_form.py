import uuid

import pytest
from live import HOME, PAGE, PATH, STRICT, Live

WORDS = "I read this twice and it helped me, thank you."
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def new_page() -> str:
    return f"{HOME}/{uuid.uuid4().hex}"


def test_a_form_leads_back_to_its_comment(live: Live) -> None:
    page = new_page()

    answer = live.form({"body": WORDS, "page_url": page})

    assert answer.status == 303
    address, _, anchor = answer.headers["location"].partition("#comment-")
    assert address == page
    assert live.rows("SELECT state FROM comment WHERE comment_id = $1", uuid.UUID(anchor)) == [("published",)]


def test_a_form_whose_comment_is_held_leads_to_the_status_page(live: Live) -> None:
    answer = live.form({"body": WORDS, "page_url": PAGE}, path=STRICT)

    assert answer.status == 303
    assert answer.headers["location"].startswith(f"{live.origin}/status/")
    shown = live.get(answer.headers["location"].removeprefix(live.origin))
    assert shown.status == 200
    assert WORDS in shown.text


def test_a_form_without_a_page_takes_the_page_that_it_was_sent_from(live: Live) -> None:
    page = new_page()

    answer = live.form({"body": WORDS}, {"Referer": page})

    assert answer.headers["location"].startswith(f"{page}#comment-")


def test_a_form_that_asks_for_json_gets_json(live: Live) -> None:
    answer = live.form({"body": WORDS, "page_url": PAGE}, {"Accept": "application/json"})

    assert (answer.status, answer.json["status"]) == (201, "published")


def test_a_form_with_faults_is_answered_by_a_page_that_keeps_what_was_written(live: Live) -> None:
    written = "My <em>long</em> & careful </textarea><script>alert(1)</script> text"

    answer = live.form({"body": written, "page_url": PAGE, "author_email": "nonsense"})

    assert answer.status == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "&lt;em&gt;long&lt;/em&gt; &amp; careful &lt;/textarea&gt;&lt;script&gt;" in answer.text
    assert "<script" not in answer.text


def test_a_form_with_faults_that_asks_for_json_gets_a_problem(live: Live) -> None:
    answer = live.form({"body": ""}, {"Accept": "application/json"})

    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_field_that_comes_twice_is_named(live: Live) -> None:
    answer = live.ask("POST", PATH, f"body=one&body=two&page_url={PAGE}", FORM)

    assert answer.status == 422
    assert answer.faults == {"body"}


@pytest.mark.parametrize("sent", [b"body=%ff", b"body=\xff", b"body=%ed%a0%80", b"&".join([b"a=1"] * 500)])
def test_a_form_that_cannot_be_read_is_malformed(live: Live, sent: bytes) -> None:
    assert live.ask("POST", PATH, sent, FORM).status == 400


def multipart(*parts: bytes, boundary: bytes = b"edge") -> tuple[bytes, dict[str, str]]:
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary.decode()}"}


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value


def test_a_multipart_form_is_read(live: Live) -> None:
    page = new_page()
    content, headers = multipart(part("body", "Grüße, and thanks".encode()), part("page_url", page.encode()))

    answer = live.ask("POST", PATH, content, headers | {"Accept": "text/html"})

    assert answer.status == 303
    assert answer.headers["location"].startswith(page)
    assert live.get(PATH, page_url=page).json["comments"][0]["html"] == "<p>Grüße, and thanks</p>"  # type: ignore[index]


def test_a_file_is_refused(live: Live) -> None:
    content, headers = multipart(part("body", b"words", '; filename="a.txt"'), part("page_url", PAGE.encode()))

    assert live.ask("POST", PATH, content, headers).status == 400


def test_a_multipart_form_that_is_not_utf_8_is_malformed(live: Live) -> None:
    content, headers = multipart(part("body", b"caf\xe9"), part("page_url", PAGE.encode()))

    assert live.ask("POST", PATH, content, headers).status == 400


@pytest.mark.parametrize(
    ("content", "boundary"),
    [
        (b"", "edge"),
        (b"--edge--\r\n", "edge"),
        (b"--edge\r\n", "edge"),
        (b"no boundary in here", "edge"),
        (b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--\r\n", "edge"),
        (b'--edge\r\nContent-Disposition: form-data; name="body"\r\n\r\nnever ends', "edge"),
        (b"--edge\r\n\x00: \xff\r\n\r\nx\r\n--edge--\r\n", "edge"),
        (b'--edge\r\nContent-Disposition: form-data; name="' + b"n" * 9000 + b'"\r\n\r\nx\r\n--edge--\r\n', "edge"),
        (b"x", ""),
        (b"x", "e" * 300),
    ],
)
def test_a_broken_multipart_form_is_the_callers_fault(live: Live, content: bytes, boundary: str) -> None:
    kind = f"multipart/form-data; boundary={boundary}" if boundary else "multipart/form-data"

    assert live.ask("POST", PATH, content, {"Content-Type": kind}).status in (400, 422)


def test_a_multipart_form_sent_again_with_another_boundary_is_the_same_request(live: Live) -> None:
    parts = (part("body", b"Sent twice by a slow network."), part("page_url", PAGE.encode()))
    key = {"Idempotency-Key": uuid.uuid4().hex, "Accept": "application/json"}
    first, one = multipart(*parts, boundary=b"one")
    again, two = multipart(*parts, boundary=b"two")

    answers = [live.ask("POST", PATH, first, one | key), live.ask("POST", PATH, again, two | key)]

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["id"] == answers[1].json["id"]
