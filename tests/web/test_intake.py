import json
import uuid

import pytest
from live import HOME, PAGE, PATH, STRICT, Live

WORDS = "I read this twice and it helped me, thank you."


def new_page() -> str:
    return f"{HOME}/{uuid.uuid4().hex}"


def test_a_published_comment_is_answered_with_201_and_everything_its_author_needs(live: Live) -> None:
    answer = live.post({"body": WORDS, "author_name": "Jo", "page_url": PAGE})

    assert answer.status == 201
    assert set(answer.json) == {"id", "status", "html", "created_at", "token", "status_url", "message"}
    assert answer.json["status"] == "published"
    assert answer.json["status_url"] == f"{live.origin}/status/{answer.json['token']}"
    assert uuid.UUID(str(answer.json["id"])).version == 7


def test_a_held_comment_is_answered_with_202(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE}, path=STRICT)

    assert (answer.status, answer.json["status"]) == (202, "held")
    assert "person" in str(answer.json["message"])


def test_an_acknowledged_comment_is_in_the_database(live: Live) -> None:
    answer = live.post({"body": WORDS, "author_name": "Jo", "author_email": "jo@mail.test", "page_url": PAGE})

    rows = live.rows(
        "SELECT body, author_name, author_email FROM comment WHERE comment_id = $1", uuid.UUID(str(answer.json["id"]))
    )
    assert rows == [(WORDS, "Jo", "jo@mail.test")]


def test_the_body_comes_back_sanitised(live: Live) -> None:
    answer = live.post({"body": "<script>alert(1)</script><b onclick=x>bold</b> text", "page_url": PAGE})

    assert "<script" not in str(answer.json["html"])
    assert "<b>bold</b>" in str(answer.json["html"])


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({}, {"body", "page_url"}),
        ({"body": "", "page_url": PAGE}, {"body"}),
        ({"body": " \n\t ", "page_url": PAGE}, {"body"}),
        ({"body": "\u0000\u0008", "page_url": PAGE}, {"body"}),
        ({"body": "x" * 10_001, "page_url": PAGE}, {"body"}),
        ({"body": WORDS, "page_url": PAGE, "author_name": "n" * 81}, {"author_name"}),
        ({"body": WORDS, "page_url": PAGE, "author_email": "not an address"}, {"author_email"}),
        ({"body": WORDS, "page_url": PAGE, "author_url": "javascript:alert(1)"}, {"author_url"}),
        ({"body": WORDS, "page_url": "ftp://site.test/a"}, {"page_url"}),
        ({"body": WORDS, "page_url": PAGE, "page_key": "k" * 501}, {"page_key"}),
        ({"body": WORDS, "page_url": PAGE, "lang": "<en>"}, {"lang"}),
        ({"body": WORDS, "page_url": PAGE, "parent_id": "17"}, {"parent_id"}),
        ({"body": WORDS, "page_url": PAGE, "parent_id": str(uuid.uuid4())}, {"parent_id"}),
        ({"body": WORDS, "page_url": PAGE, "lang": "<en>", "author_email": "@"}, {"lang", "author_email"}),
        ({"body": 17, "page_url": PAGE}, {"body"}),
        ({"body": ["a"], "page_url": PAGE}, {"body"}),
    ],
)
def test_every_field_at_fault_is_named(live: Live, fields: dict[str, object], at_fault: set[str]) -> None:
    answer = live.post(fields)

    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == "invalid"
    assert answer.faults == at_fault


def test_ten_thousand_characters_are_taken(live: Live) -> None:
    assert live.post({"body": "word " * 1999 + "words", "page_url": PAGE}).status in (201, 202)


def test_a_member_that_nobody_knows_is_ignored(live: Live) -> None:
    assert live.post({"body": WORDS, "page_url": PAGE, "theme": {"dark": True}}).status == 201


def test_members_that_are_null_count_as_left_out(live: Live) -> None:
    assert live.post({"body": WORDS, "page_url": PAGE, "parent_id": None, "lang": None}).status == 201


def test_half_a_surrogate_pair_becomes_the_replacement_character(live: Live) -> None:
    sent = '{"body": "half a pair \\ud83d here", "page_url": "' + PAGE + '"}'

    answer = live.ask("POST", PATH, sent, {"Content-Type": "application/json"})

    assert answer.status == 201
    assert "half a pair \ufffd here" in str(answer.json["html"])


def test_control_characters_are_dropped(live: Live) -> None:
    answer = live.post({"body": "a\u0000b\u0007c, and more words", "page_url": PAGE, "author_name": "J\u0000o"})

    assert answer.status == 201
    assert "abc, and more words" in str(answer.json["html"])


@pytest.mark.parametrize(
    "sent", ["", "{", "{}{", "nonsense", '{"body": NaN}', '{"body": "a",}', '{"a":' * 3000, '\ufeff{"a":1}']
)
def test_what_is_no_json_is_malformed(live: Live, sent: str) -> None:
    answer = live.ask("POST", PATH, sent.encode(), {"Content-Type": "application/json"})

    assert (answer.status, answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("sent", ["[]", "17", "null", '"text"', "[" * 5000])
def test_json_that_is_no_object_is_invalid(live: Live, sent: str) -> None:
    assert live.ask("POST", PATH, sent, {"Content-Type": "application/json"}).status == 422


@pytest.mark.parametrize("sent", [b'{"body": "\xff\xfe"}', b'{"body": "\xed\xa0\x80"}', b'{"body": "\xc0\xaf"}'])
def test_json_that_is_not_utf_8_is_malformed(live: Live, sent: bytes) -> None:
    assert live.ask("POST", PATH, sent, {"Content-Type": "application/json"}).status == 400


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "text/html",
        "application/jsonp",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json;charset=iso-8859-1",
        "application/x-www-form-urlencoded; charset=utf-7",
        "nonsense",
        ";;;",
    ],
)
def test_other_types_and_charsets_are_415(live: Live, kind: str) -> None:
    answer = live.ask("POST", PATH, json.dumps({"body": WORDS, "page_url": PAGE}), {"Content-Type": kind})

    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON", 'application/json; charset="UTF-8"'])
def test_json_is_known_by_all_spellings_of_its_type(live: Live, kind: str) -> None:
    sent = json.dumps({"body": WORDS, "page_url": PAGE})

    assert live.ask("POST", PATH, sent, {"Content-Type": kind}).status == 201


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip"])
def test_a_compressed_body_is_415(live: Live, coding: str) -> None:
    assert live.post({"body": WORDS, "page_url": PAGE}, {"Content-Encoding": coding}).status == 415


def test_a_body_of_more_than_16_kilobytes_is_413(live: Live) -> None:
    answer = live.ask("POST", PATH, b" " * 16_385, {"Content-Type": "application/json"})

    assert (answer.status, answer.json["code"]) == (413, "too_large")


def test_a_body_announced_too_large_is_refused_before_it_comes(live: Live) -> None:
    said = live.raw(
        b"POST /v1/sites/demo/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 99999999999\r\nConnection: close\r\n\r\n"
    )

    assert said.startswith(b"HTTP/1.1 413 ")


def test_a_body_in_chunks_is_counted_while_it_comes(live: Live) -> None:
    head = (
        b"POST /v1/sites/demo/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"

    assert live.raw(head + chunk * 5).startswith(b"HTTP/1.1 413 ")


def test_an_unknown_site_is_404(live: Live) -> None:
    for name in ("nowhere", "DEMO", "demo%00", "..", "x" * 300):
        assert live.post({"body": WORDS, "page_url": PAGE}, path=f"/v1/sites/{name}/comments").status == 404


# Answers to comments


def test_an_answer_names_its_parent(live: Live) -> None:
    page = new_page()
    parent = live.post({"body": WORDS, "page_url": page}).json["id"]

    live.post({"body": "I agree with that.", "page_url": page, "parent_id": parent})

    assert live.get(PATH, page_url=page).json["comments"][1]["parent_id"] == parent  # type: ignore[index]


def test_an_answer_to_a_comment_of_another_page_is_refused(live: Live) -> None:
    parent = live.post({"body": WORDS, "page_url": new_page()}).json["id"]

    assert live.post({"body": WORDS, "page_url": new_page(), "parent_id": parent}).faults == {"parent_id"}


# Sending again


def test_the_same_request_sent_again_is_stored_once_and_answered_alike(live: Live) -> None:
    page, key = new_page(), {"Idempotency-Key": uuid.uuid4().hex}

    first, again = (live.post({"body": WORDS, "page_url": page}, key) for _ in range(2))

    assert (first.status, again.status) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert live.get(PATH, page_url=page).json["page"]["count"] == 1  # type: ignore[index]


def test_a_key_used_for_another_comment_is_refused(live: Live) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    live.post({"body": WORDS, "page_url": PAGE}, key)

    answer = live.post({"body": "Something else altogether.", "page_url": PAGE}, key)

    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")


def test_two_sites_may_use_the_same_key(live: Live) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}

    answers = [live.post({"body": WORDS, "page_url": PAGE}, key, path=path) for path in (PATH, STRICT)]

    assert [answer.status for answer in answers] == [201, 202]


@pytest.mark.parametrize("key", ["", "k" * 256, "caf\xe9"])
def test_a_key_that_cannot_be_used_is_named(live: Live, key: str) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE}, {"Idempotency-Key": key})

    assert answer.status == 422
    assert answer.faults == {"Idempotency-Key"}


# Evidence


def flags_of(live: Live, answer_id: object) -> set[str]:
    rows = live.rows("SELECT flags FROM verdict WHERE comment_id = $1", uuid.UUID(str(answer_id)))
    return {flag["code"] for flag in json.loads(str(rows[0][0]))}


def test_a_field_that_people_do_not_see_holds_the_comment_and_drops_nothing(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE, "website": "https://shop.test"})

    assert answer.status in (201, 202)
    assert "abuse.honeypot" in flags_of(live, answer.json["id"])


def test_a_token_of_another_page_is_evidence(live: Live) -> None:
    token = live.get("/v1/sites/demo/form", page_url=f"{HOME}/other").json["form_token"]

    answer = live.post({"body": WORDS, "page_url": PAGE, "form_token": token})

    assert "abuse.token" in flags_of(live, answer.json["id"])


def test_a_form_sent_back_at_once_is_evidence(live: Live) -> None:
    token = live.get("/v1/sites/demo/form", page_url=PAGE).json["form_token"]

    answer = live.post({"body": WORDS, "page_url": PAGE, "form_token": token})

    assert "abuse.too_fast" in flags_of(live, answer.json["id"])


def test_no_token_is_no_evidence(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE})

    assert not {code for code in flags_of(live, answer.json["id"]) if code.startswith("abuse.")}
