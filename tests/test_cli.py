import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import command, console_script, free_port, gatepost

from service.store.embedded import EmbeddedPostgres

COMMENTS = [
    {"id": 7, "body": "Ketamine isn't addictive at all.", "author_name": "Ada"},
    {"id": "b", "text": "Thank you, this was helpful to my sister.", "author_email": "ben@example.org"},
    {"body": "Is it safe with high blood pressure?", "page_title": "Ketamine", "lang": "en"},
]


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def environ(folder) -> dict[str, str]:
    return {"GATEPOST_DATA_DIR": str(folder / "data"), "GATEPOST_PORT": str(free_port())}


def test_help_lists_every_command_with_what_it_does():
    said = gatepost("--help").stdout

    for name in (
        "serve",
        "migrate",
        "doctor",
        "site",
        "member",
        "token",
        "webhook",
        "page",
        "check",
        "evaluate",
        "rescore",
        "train",
        "claims",
    ):
        assert f"\n    {name} " in said


def test_the_module_runs_the_same_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "service", "--help"], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.startswith("usage: gatepost")


def test_an_unknown_command_is_misuse():
    assert gatepost("moderate", check=False).returncode == 2


def test_check_gives_one_verdict_for_each_row_in_order():
    done = gatepost("check", "-", text=lines(COMMENTS))
    answers = [json.loads(line) for line in done.stdout.splitlines()]

    assert [answer["id"] for answer in answers] == [7, "b", None]
    assert all(answer["verdict"]["action"] in ("publish", "hold", "reject") for answer in answers)
    assert all(set(answer["verdict"]["scores"]) == {"spam", "health"} for answer in answers)


def test_check_reads_a_file(tmp_path):
    (tmp_path / "rows.jsonl").write_text(lines(COMMENTS))

    assert len(gatepost("check", str(tmp_path / "rows.jsonl")).stdout.splitlines()) == len(COMMENTS)


def test_check_needs_no_scikit_learn():
    script = (
        "import sys; from service.cli import main; main(['check', '-']); "
        "sys.exit(any(name.partition('.')[0] in ('sklearn', 'scipy') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=lines(COMMENTS), capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("bad", "why"),
    [("{not json", "Line 2"), ('{"id": 1}', "Line 2"), ('{"body": 5}', "Line 2"), ("[" * 100_000, "Line 2")],
)
def test_a_bad_row_is_named_by_its_line(bad, why):
    done = gatepost("check", "-", text=json.dumps(COMMENTS[0]) + "\n" + bad + "\n", check=False)

    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_one_clear_line():
    done = gatepost("check", "/nowhere/rows.jsonl", check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("gatepost: /nowhere/rows.jsonl cannot be read")
    assert done.stderr.count("\n") == 1


def test_evaluate_gives_figures_overall_and_by_slice(tmp_path):
    rows = [
        {"body": row.get("body") or row.get("text"), "health": int(i == 0), "k": i % 2}
        for i, row in enumerate(COMMENTS)
    ]
    (tmp_path / "rows.jsonl").write_text(lines(rows))
    done = gatepost("evaluate", str(tmp_path / "rows.jsonl"), "--label", "health", "--by", "k", "--json")
    figures = json.loads(done.stdout)

    assert "all" in figures
    assert "roc_auc" in figures["all"]


def test_claims_are_listed_and_shown_with_correction_and_sources():
    listed = gatepost("claims", "list", "--topic", "ketamine").stdout.splitlines()
    claim_id = listed[0].split()[0]
    shown = json.loads(gatepost("claims", "show", claim_id, "--json").stdout)
    unknown = gatepost("claims", "show", "no-such-claim", check=False)

    assert len(listed) > 5
    assert shown["id"] == claim_id
    assert shown["correction"]
    assert shown["sources"]
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)


def test_the_shipped_claims_are_in_order():
    assert json.loads(gatepost("claims", "lint", "--json").stdout) == []


def test_training_without_the_corpora_says_what_is_missing():
    done = gatepost("train", "spam", "--public", "/nonexistent", check=False)

    assert (done.returncode, "no folder /nonexistent" in done.stderr) == (1, True)


def test_a_wrong_setting_is_one_clear_line():
    done = gatepost("site", "list", environ={"GATEPOST_PORT": "many"}, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("gatepost: GATEPOST_PORT must be")
    assert done.stderr.count("\n") == 1


def test_sites_members_and_tokens_are_made_without_a_running_service(environ):
    gatepost("migrate", environ=environ)
    gatepost("site", "add", "garden", "--origin", "https://garden.example", environ=environ)
    sites = json.loads(gatepost("site", "list", "--json", environ=environ).stdout)
    invited = gatepost("member", "invite", "--site", "garden", "--email", "a@garden.example", "--json", environ=environ)
    token = json.loads(
        gatepost(
            "token", "add", "--site", "garden", "--role", "owner", "--name", "ci", "--json", environ=environ
        ).stdout
    )
    revoked = gatepost("token", "revoke", "ci", "--site", "garden", environ=environ)

    assert [site["name"] for site in sites] == ["garden"]
    assert "/sign-in/gp_i" in json.loads(invited.stdout)["link"]
    assert token["token"].startswith("gp_t")
    assert "Revoked 1 token" in revoked.stdout


def test_a_site_is_changed_where_asked_and_kept_otherwise(environ):
    gatepost("site", "add", "garden", "--origin", "https://garden.example", "--title", "Garden", environ=environ)

    changed = gatepost(
        "site", "change", "garden", "--mode", "pre", "--hold-at", "spam=0.4", "--reject-at", "spam=0.99",
        "--second-review", "0.05", "--json",
        environ=environ,
    )  # fmt: skip
    wrong = gatepost("site", "change", "garden", "--hold-at", "spam=2", environ=environ, check=False)
    more = gatepost("site", "change", "garden", "--second-review", "1.5", environ=environ, check=False)

    site = json.loads(changed.stdout)
    assert (site["title"], site["origins"]) == ("Garden", ["https://garden.example"])
    asked = {"mode": "pre", "hold_at": {"spam": 0.4}, "reject_at": {"spam": 0.99}}
    asked["second_review"] = 0.05
    kept = {"lists": [], "proof_of_work": "attack"}
    assert site["policy"] == asked | kept
    assert json.loads(gatepost("site", "list", "--json", environ=environ).stdout) == [site]
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "1.5 is not a share from 0 to 1" in more.stderr


def test_members_are_listed_given_another_role_and_removed(environ):
    gatepost("site", "add", "people", environ=environ)
    for email in ("a@people.example", "b@people.example"):
        gatepost("member", "invite", "--site", "people", "--email", email, "--role", "owner", environ=environ)
    at = ("--site", "people", "--email", "B@people.example")

    gatepost("member", "role", *at, "--role", "viewer", environ=environ)
    listed = gatepost("member", "list", "--site", "people", "--json", environ=environ).stdout
    shown = gatepost("member", "list", "--site", "people", environ=environ).stdout
    gatepost("member", "remove", *at, environ=environ)
    again = gatepost("member", "remove", *at, environ=environ, check=False)
    last = gatepost("member", "remove", "--site", "people", "--email", "a@people.example", environ=environ, check=False)

    assert [(each["email"], each["role"]) for each in json.loads(listed)] == [
        ("a@people.example", "owner"),
        ("b@people.example", "viewer"),
    ]
    assert "link" in shown
    assert (again.returncode, last.returncode) == (1, 1)
    assert "gatepost member list" in again.stderr
    assert "only owner" in last.stderr


def test_tokens_are_revoked_by_role(environ):
    gatepost("site", "add", "garden", environ=environ)
    for role in ("viewer", "viewer", "owner"):
        gatepost("token", "add", "--site", "garden", "--role", role, environ=environ)

    revoked = gatepost("token", "revoke", "--site", "garden", "--role", "viewer", environ=environ)
    unclear = gatepost("token", "revoke", "--site", "garden", environ=environ, check=False)

    assert "Revoked 2 tokens" in revoked.stdout
    assert (unclear.returncode, "Say which" in unclear.stderr) == (1, True)


def test_a_command_leaves_no_postgres_behind(environ):
    gatepost("migrate", environ=environ)

    assert not EmbeddedPostgres(Path(environ["GATEPOST_DATA_DIR"])).accepts_connections()


def test_migrating_twice_says_that_nothing_was_to_be_done(environ):
    first = gatepost("migrate", environ=environ).stdout
    second = gatepost("migrate", environ=environ).stdout

    assert "0001_start" in first
    assert "up to date" in second


def test_doctor_finds_nothing_wrong_with_a_sound_set_up(environ):
    gatepost("migrate", environ=environ)
    findings = json.loads(gatepost("doctor", "--json", environ=environ).stdout)

    assert {finding["state"] for finding in findings} == {"good"}


def test_doctor_names_a_port_that_is_taken(environ):
    gatepost("migrate", environ=environ)
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environ["GATEPOST_PORT"])))
        other.listen()
        done = gatepost("doctor", environ=environ, check=False)

    assert done.returncode == 1
    assert f"port {environ['GATEPOST_PORT']}" in done.stdout


def test_serve_prints_three_links_and_later_no_second_secret(serve):
    first = serve()
    said = first.output
    assert first.stop() == 0
    second = serve(data_dir=first.data_dir)

    assert f"{first.url}/demo" in said
    assert f"{first.url}/console/sign-in/gp_i" in said
    assert f"{first.url}/docs" in said
    assert f"{second.url}/demo" in second.output
    assert "/sign-in/" not in second.output


def test_commands_work_beside_a_running_service(serve):
    service = serve()
    added = service.gatepost("token", "add", "--site", "demo", "--role", "viewer", "--json")

    assert json.loads(added.stdout)["token"].startswith("gp_t")
    assert service.process.poll() is None
    with urllib.request.urlopen(service.url + "/readyz") as answer:
        assert answer.status == 200


def test_a_second_service_on_the_same_folder_is_refused(serve):
    service = serve()
    done = gatepost("serve", environ={**service.environ, "GATEPOST_PORT": str(free_port())}, check=False)

    assert done.returncode == 1
    assert f"in use by `gatepost serve` with process number {service.process.pid}" in done.stderr


def test_a_killed_service_starts_again_on_its_folder(serve):
    service = serve()
    service.gatepost("site", "add", "garden")
    service.kill()
    again = serve(data_dir=service.data_dir)

    assert "garden" in again.gatepost("site", "list").stdout


def test_the_service_survives_its_postgres(serve):
    service = serve()
    number = int((service.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(number, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            with urllib.request.urlopen(service.url + "/readyz", timeout=5) as answer:
                if answer.status == 200 and EmbeddedPostgres(service.data_dir).accepts_connections():
                    return
        except OSError:
            continue
    pytest.fail(f"not ready again: {service.output}")


def test_a_terminals_interrupt_stops_service_and_postgres(serve):
    service = serve()
    service.process.send_signal(signal.SIGINT)
    service.process.wait(30)

    assert not EmbeddedPostgres(service.data_dir).accepts_connections()


def test_the_service_runs_on_a_server_of_ones_own(serve, empty_database):
    service = serve(
        GATEPOST_DATABASE_URL=empty_database.service_dsn, GATEPOST_OWNER_DATABASE_URL=empty_database.owner_dsn
    )

    assert f"{service.url}/demo" in service.output
    assert not (service.data_dir / "postgres").exists()
    service.stop()


def test_a_role_that_owns_the_tables_is_refused(database):
    done = gatepost("serve", environ={"GATEPOST_DATABASE_URL": database.owner_dsn}, check=False)

    assert done.returncode == 1
    assert "owns tables" in done.stderr


def test_the_console_script_is_installed_beside_python():
    assert command() == [console_script()]


def test_a_site_adds_claims_and_switches_topics_off_and_on(serve, tmp_path):
    service = serve()
    claim = {
        "id": "spring-water",
        "claim": "Water from the Lindal spring cures arthritis.",
        "subject": ["lindal spring"],
        "predicate": ["cures arthritis"],
    }
    (tmp_path / "own.jsonl").write_text(lines([claim]))

    service.gatepost("claims", "add", "--site", "demo", str(tmp_path / "own.jsonl"))
    service.gatepost("claims", "off", "--site", "demo", "--topic", "vaccines")
    service.gatepost("claims", "off", "--site", "demo", "--claim", "ket-not-addictive")
    listed = service.gatepost("claims", "list", "--site", "demo").stdout
    service.gatepost("claims", "on", "--site", "demo", "--topic", "vaccines")
    again = service.gatepost("claims", "on", "--site", "demo", "--topic", "vaccines", check=False)
    left = json.loads(service.gatepost("claims", "list", "--site", "demo", "--json").stdout)

    assert "spring-water" in listed
    assert "topic switched off" in listed
    assert again.returncode == 1
    assert [each["id"] for each in left["own"]] == ["spring-water"]
    assert (left["topics_off"], left["claims_off"]) == ([], ["ket-not-addictive"])
    assert "not a claim" in service.gatepost("claims", "add", "--site", "demo", "-", text="{}", check=False).stderr
    assert service.gatepost("claims", "off", "--site", "demo", "--topic", "none-such", check=False).returncode == 1
    assert service.gatepost("claims", "list", "--site", "nobody", check=False).returncode == 1

    deadline = time.monotonic() + 30
    comment = {"body": "The Lindal spring cures arthritis.", "page_key": "spring", "author_name": "Ada"}
    while time.monotonic() < deadline:
        request = urllib.request.Request(
            service.url + "/v1/sites/demo/comments",
            json.dumps(comment).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            if json.load(answer)["status"] == "held":
                break
        time.sleep(1)
    token = json.loads(service.gatepost("token", "add", "--site", "demo", "--json").stdout)["token"]
    ask = urllib.request.Request(
        service.url + "/v1/review/queue?flag=health.site_claim", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(ask, timeout=10) as answer:
        held = json.load(answer)["items"]
    assert held[0]["verdict"]["flags"][0]["claim"]["id"] == "spring-water"
