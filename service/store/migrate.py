"""Bring a database to the schema of this code: forward only, each file once and in one transaction."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from service.errors import SchemaOutOfDate, StoreError, Unavailable
from service.paths import SQL

OLDEST_SERVER = 15
SERVICE_ROLE = "gatepost_service"
_ADVISORY_LOCK = int("gatepost", 36)
_CONNECT_SECONDS = 10.0
_LOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of `sql/migrations`, `NNNN_what.sql`."""

    version: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Return the hash by which an edit of an applied file is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = SQL / "migrations") -> list[Migration]:
    """Return the migrations in order.

    Raises:
        StoreError: a file is misnamed, or a number is missing or given twice.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"([0-9]{4})_[a-z0-9_]+", path.stem)
        if match is None:
            raise StoreError(f"The migration {path.name} is not named like 0001_what.sql.")
        found.append(Migration(version=int(match[1]), name=path.stem, text=path.read_text("utf-8")))
    for number, migration in enumerate(found, start=1):
        if migration.version != number:
            raise StoreError(f"Migration number {number:04} is missing or given twice: {migration.name} has its place.")
    return found


async def migrate(owner_dsn: str, service_dsn: str = "", *, steps: Sequence[Migration] | None = None) -> list[str]:
    """Apply what is pending as the owner of the tables, and return the names of what was applied.

    `service_dsn` names the role that the service will use; it is made a member of gatepost_service. Of
    several callers at once, one migrates and the others wait.

    Raises:
        SchemaOutOfDate: the database has been migrated by a later version of gatepost.
        StoreError: the server is too old, an applied file was edited, or a right is missing; says what to do.
        Unavailable: the server does not answer.
    """
    connection = await _connect(owner_dsn)
    try:
        _require_version(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", _ADVISORY_LOCK, timeout=_LOCK_SECONDS)
        await _ensure_table(connection)
        to_do = await _unapplied(connection, migrations() if steps is None else steps)
        for migration in to_do:
            await _apply(connection, migration)
        if service_dsn:
            await _admit(connection, await _role_of(service_dsn))
        return [migration.name for migration in to_do]
    except TimeoutError as error:
        raise Unavailable("Another migration of this database is still running.") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreError(_missing_right(error)) from error
    finally:
        await connection.close()


async def pending(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """Return the names of the migrations that this database still lacks.

    Raises:
        SchemaOutOfDate: the database has been migrated by a later version of gatepost.
        StoreError: an applied file was edited.
    """
    steps = migrations()
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        return [migration.name for migration in steps]
    return [migration.name for migration in await _unapplied(connection, steps)]


async def require_current(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Refuse a database that the code does not fit.

    Raises:
        SchemaOutOfDate: migrations are pending, or the code is older than the schema.
        StoreError: an applied file was edited.
    """
    missing = await pending(connection)
    if missing:
        raise SchemaOutOfDate(
            f"The database lacks {len(missing)} migration(s), from {missing[0]} on. Run `gatepost migrate`."
        )


async def _connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(dsn, timeout=_CONNECT_SECONDS)
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise StoreError(f"Postgres refuses the connection: {error}.") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable("Postgres does not answer at the address of the database URL.") from error


def _require_version(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    version = connection.get_server_version().major
    if version < OLDEST_SERVER:
        raise StoreError(f"This is Postgres {version}; gatepost needs {OLDEST_SERVER} or later. Upgrade the server.")


async def _ensure_table(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        await connection.execute(
            """
            CREATE TABLE schema_migration (
                version    int         PRIMARY KEY,
                name       text        NOT NULL,
                sha256     text        NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )


async def _unapplied(connection: "asyncpg.Connection[asyncpg.Record]", steps: Sequence[Migration]) -> list[Migration]:
    rows = await connection.fetch("SELECT version, name, sha256 FROM schema_migration ORDER BY version")
    if len(rows) > len(steps):
        raise SchemaOutOfDate(
            f"The database has been migrated to {rows[-1]['name']} by a later version of gatepost. "
            "Install that version, or restore a backup."
        )
    for row, migration in zip(rows, steps, strict=False):
        if row["sha256"] != migration.sha256:
            raise StoreError(
                f"The migration {migration.name} is not the file that was applied to this database (as "
                f"{row['name']}). Applied migrations must never be edited; reinstall gatepost."
            )
    return list(steps[len(rows) :])


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.text)
            await connection.execute(
                "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.sha256,
            )
            await connection.execute(f"GRANT SELECT ON schema_migration TO {SERVICE_ROLE}")
    except asyncpg.InsufficientPrivilegeError:
        raise
    except asyncpg.PostgresError as error:
        raise StoreError(f"The migration {migration.name} failed and was rolled back: {error}.") from error


async def _role_of(dsn: str) -> str:
    connection = await _connect(dsn)
    try:
        return str(await connection.fetchval("SELECT current_user"))
    finally:
        await connection.close()


async def _admit(connection: "asyncpg.Connection[asyncpg.Record]", role: str) -> None:
    if not await connection.fetchval("SELECT pg_has_role($1, $2, 'USAGE')", role, SERVICE_ROLE):
        quoted = await connection.fetchval("SELECT quote_ident($1)", role)
        try:
            await connection.execute(f"GRANT {SERVICE_ROLE} TO {quoted}")
        except asyncpg.InsufficientPrivilegeError as error:
            raise StoreError(
                f"The role of GATEPOST_DATABASE_URL must be a member of {SERVICE_ROLE}. As a superuser, run: "
                f"GRANT {SERVICE_ROLE} TO {quoted};"
            ) from error


def _missing_right(error: asyncpg.InsufficientPrivilegeError) -> str:
    if "create role" in str(error).lower():
        return (
            f"The owner's role may not create {SERVICE_ROLE}. As a superuser, run: CREATE ROLE {SERVICE_ROLE} NOLOGIN;"
        )
    return f"The owner's role lacks a right: {error}. It must own the database, as the README's set-up makes it."
