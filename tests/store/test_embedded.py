import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import asyncpg
import pytest

from service.errors import FolderInUse, StoreError
from service.store.embedded import EmbeddedPostgres

# What a test of a crash starts, to be killed: it leaves Postgres running without its gatepost.
START_AND_WAIT = """
import sys, time
from pathlib import Path
from service.store.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1]), bin_dir=Path(sys.argv[2])).start(sys.argv[3])
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(folder, bin_dir):
    made = EmbeddedPostgres(folder / "data", bin_dir=bin_dir)
    yield made
    made.stop()


def start_elsewhere(folder: Path, bin_dir: Path, purpose: str = "serve") -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(folder / "data"), str(bin_dir), purpose],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def ask(dsn: str, query: str) -> object:
    async def asked() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(asked())


def running_pid(server: EmbeddedPostgres) -> int:
    return int((server.cluster / "postmaster.pid").read_text().splitlines()[0])


def test_the_service_role_is_neither_superuser_nor_owner(server):
    server.start()

    assert ask(
        server.service_dsn, "SELECT NOT rolsuper AND NOT rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    assert not ask(server.service_dsn, "SELECT has_database_privilege('gatepost', 'CREATE')")


def test_commits_are_made_durable(server):
    server.start()

    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(server.service_dsn, f"SHOW {setting}") == "on"


def test_no_network_port_is_opened(server):
    server.start()

    assert ask(server.service_dsn, "SHOW listen_addresses") == ""


def test_the_socket_is_closed_to_others(server):
    server.start()

    assert server.socket_dir.stat().st_mode & 0o777 == 0o700


def test_what_was_written_is_there_after_a_restart(server):
    server.start()
    ask(server.owner_dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    server.stop()
    server.start()

    assert ask(server.owner_dsn, "SELECT n FROM kept") == 42


def test_stopping_leaves_no_process(server):
    server.start()
    pid = server.pid
    server.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_folder_in_use_is_refused_with_the_holders_number(server, bin_dir):
    server.start("serve")

    with pytest.raises(FolderInUse, match=f"`gatepost serve` with process number {os.getpid()}"):
        EmbeddedPostgres(server.data_dir, bin_dir=bin_dir).start("serve")


def test_a_command_joins_the_server_of_a_service(server, bin_dir):
    server.start("serve")
    command = EmbeddedPostgres(server.data_dir, bin_dir=bin_dir)
    command.start_or_join("site")

    assert ask(command.service_dsn, "SELECT 1") == 1
    command.stop()
    assert ask(server.service_dsn, "SELECT 1") == 1


def test_a_command_waits_for_another_command(folder, server, bin_dir):
    other = start_elsewhere(folder, bin_dir, "site")
    asyncio.run(_start_while_ending(server, other))

    assert ask(server.service_dsn, "SELECT 1") == 1


async def _start_while_ending(server: EmbeddedPostgres, other: "subprocess.Popen[str]") -> None:
    starting = asyncio.create_task(asyncio.to_thread(server.start_or_join, "token"))
    await asyncio.sleep(0.3)
    assert not starting.done()
    end(other)
    await starting


def test_a_killed_gatepost_frees_the_folder_and_its_server_is_replaced(folder, server, bin_dir):
    crashed = start_elsewhere(folder, bin_dir)
    left_over = running_pid(server)
    end(crashed)
    server.start()

    assert server.pid != left_over
    assert ask(server.service_dsn, "SELECT 1") == 1


def test_a_killed_server_and_gatepost_recover_what_was_committed(folder, server, bin_dir):
    crashed = start_elsewhere(folder, bin_dir)
    ask(server.owner_dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    os.kill(running_pid(server), signal.SIGKILL)
    end(crashed)
    server.start()

    assert ask(server.owner_dsn, "SELECT n FROM kept") == 42


async def test_a_server_that_dies_is_started_again(server):
    await asyncio.to_thread(server.start)
    stop = threading.Event()
    keeper = asyncio.create_task(asyncio.to_thread(server.keep_running, stop))
    first = server.pid
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(20):
        while server.pid in (first, None) or not server.accepts_connections():
            await asyncio.sleep(0.02)
    connection = await asyncpg.connect(server.service_dsn)
    answer = await connection.fetchval("SELECT 1")
    await connection.close()
    stop.set()
    await keeper

    assert answer == 1


def test_a_strangers_process_with_the_old_number_is_left_alone(server):
    server.start()
    server.stop()
    stranger = subprocess.Popen(["/bin/sleep", "60"])
    lines = [str(stranger.pid), str(server.cluster), "1700000000", "5432", str(server.socket_dir), "", "", "ready"]
    (server.cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")
    server.start()
    alive = stranger.poll() is None
    stranger.kill()
    stranger.wait()

    assert alive


def test_a_first_start_that_was_interrupted_is_begun_anew(server):
    (server.data_dir / "postgres.new").mkdir(parents=True)
    (server.data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")
    server.start()

    assert ask(server.service_dsn, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_gets_one_in_a_private_folder(folder, bin_dir):
    server = EmbeddedPostgres(folder / ("long" * 30) / "data", bin_dir=bin_dir)
    server.start()
    try:
        assert server.socket_dir.parent == Path("/tmp")
        assert ask(server.service_dsn, "SELECT 1") == 1
    finally:
        server.stop()
        shutil.rmtree(server.socket_dir)


def test_a_socket_folder_of_somebody_elses_is_refused(folder, bin_dir):
    server = EmbeddedPostgres(folder / ("other" * 30) / "data", bin_dir=bin_dir)
    server.socket_dir.symlink_to(folder)
    try:
        with pytest.raises(StoreError, match="must belong to the user"):
            server.start()
    finally:
        server.socket_dir.unlink()


def test_a_cluster_of_an_unknown_version_is_refused_with_the_versions_that_run(folder):
    server = EmbeddedPostgres(folder / "data")
    server.cluster.mkdir(parents=True)
    (server.cluster / "PG_VERSION").write_text("14\n")

    with pytest.raises(StoreError, match="holds a database of Postgres 14"):
        server.start()


def test_a_setting_postgres_refuses_is_reported_in_its_words(folder, bin_dir):
    server = EmbeddedPostgres(folder / "data", bin_dir=bin_dir, settings={"max_connections": "none"})

    with pytest.raises(StoreError, match="max_connections"):
        server.start()


def test_a_folder_that_cannot_be_made_is_named(folder, bin_dir):
    (folder / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be made"):
        EmbeddedPostgres(folder / "file" / "data", bin_dir=bin_dir).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as somebody else")
def test_root_keeps_its_closed_folders_closed(bin_dir):
    closed = Path(tempfile.mkdtemp(prefix="gatepost-"))
    server = EmbeddedPostgres(closed / "data", bin_dir=bin_dir)
    server.start()
    try:
        assert closed.stat().st_mode & 0o777 == 0o700
        assert server.cluster.stat().st_uid != 0
    finally:
        server.stop()
        shutil.rmtree(closed)


def test_values_of_a_refused_row_are_not_logged(server):
    server.start()
    ask(server.owner_dsn, "CREATE TABLE one (name text UNIQUE)")
    ask(server.owner_dsn, "INSERT INTO one VALUES ('jane@example.org')")
    with pytest.raises(asyncpg.UniqueViolationError):
        ask(server.owner_dsn, "INSERT INTO one VALUES ('jane@example.org')")

    assert "jane" not in server.log.read_text()
    assert "unique" in server.log.read_text()


def test_a_server_is_listening_only_while_it_runs(server):
    server.start()
    before = server.accepts_connections()
    server.stop()

    assert (before, server.accepts_connections()) == (True, False)
