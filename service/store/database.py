"""Hold the pool of connections; every use of one names the sites whose rows it may see."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Self, TypeAlias, cast

import asyncpg

from service.comment import SiteId
from service.errors import StoreError, Unavailable
from service.store.migrate import require_current
from service.store.queries import sql

CONNECT_TIMEOUT = 2.0
"""Seconds to wait for a connection, new or from the pool, before answering 503."""
COMMAND_TIMEOUT = 10.0
"""Seconds a single statement may take."""
_CLOSE_TIMEOUT = 5.0
_SESSION = {"application_name": "gatepost", "timezone": "UTC", "jit": "off"}
"""UTC because the hash chains cover times as text; no JIT because compiling costs more than any query here."""


if TYPE_CHECKING:
    _Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection


class Connection(_Connection):
    """A connection that remembers the sites it is set to, to save the round trip when they stay the same."""

    sites = ""

    async def see(self, *sites: SiteId) -> None:
        """Let row-level security show these sites' rows and no others, until told otherwise.

        Must be called outside a transaction: a rollback would silently restore the setting before.
        """
        wanted = ",".join(str(site) for site in sorted(sites))
        if wanted != self.sites:
            self.sites = ""
            await self.execute(sql("see_sites"), wanted)
            self.sites = wanted


class Database:
    """The service's connections to Postgres. Closed by whoever opened it."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", dsn: str):
        self._pool = pool
        self.dsn = dsn

    @classmethod
    async def open(cls, dsn: str, *, size: int = 4) -> Self:
        """Connect, and refuse a role or a schema that would be unsafe to run on.

        Raises:
            StoreError: the role owns tables or bypasses row-level security, or the schema does not fit.
            Unavailable: the server does not answer.
        """
        with translated():
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                connection_class=Connection,
                server_settings=_SESSION,
                reset=_keep,
            )
        database = cls(pool, dsn)
        try:
            async with database.seeing() as connection:
                await _require_safe_role(connection)
                await require_current(connection)
        except BaseException:
            await pool.close()
            raise
        return database

    async def close(self) -> None:
        """Give every connection back, waiting at most a few seconds for work under way."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def ready(self) -> bool:
        """Tell whether the database answers now."""
        try:
            async with self.seeing() as connection:
                await connection.fetchval("SELECT 1", timeout=1.0)
        except Unavailable:
            return False
        return True

    @asynccontextmanager
    async def seeing(self, *sites: SiteId) -> AsyncIterator[Connection]:
        """Lend a connection that sees these sites; single statements, each its own transaction."""
        with translated():
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT) as lent:
                # A proxy that hands everything through to the connection.
                connection = cast(Connection, lent)
                await connection.see(*sites)
                yield connection

    @asynccontextmanager
    async def transaction(self, *sites: SiteId) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction that commits when the block ends without an error."""
        async with self.seeing(*sites) as connection, connection.transaction():
            yield connection


async def connect(dsn: str, *, give_up_after: float) -> Connection:
    """Open a connection of one's own, outside the pool; the caller closes it.

    The server gives a statement up after as many seconds as the caller, so that what the caller took for failed is
    not done all the same later. Every statement is planned anew: Postgres would keep the plans that it makes while
    the tables are empty, when any index is as good as the right one (measured, a comment then costs 1.8 ms after
    8,000 comments instead of 0.3 ms).
    """
    own = {"plan_cache_mode": "force_custom_plan", "statement_timeout": f"{1000 * give_up_after:.0f}ms"}
    with translated():
        connection: Connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            connection_class=Connection,
            server_settings=_SESSION | own,
        )
    return connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn "the server does not answer" in all its forms into Unavailable."""
    try:
        yield
    except (
        OSError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # what asyncpg says when a connection breaks while it is being read
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError,
        asyncpg.ObjectNotInPrerequisiteStateError,
        asyncpg.ReadOnlySQLTransactionError,  # a primary that has become a standby
    ) as error:
        raise Unavailable("The database does not answer at the moment; please try again shortly.") from error


async def _keep(connection: object) -> None:
    """Skip the reset between two users: nothing here leaves state behind but the sites, which are tracked."""


async def _require_safe_role(connection: Connection) -> None:
    role = await connection.fetchrow(sql("role_facts"))
    assert role is not None
    if role["bypasses"] or role["owns_tables"]:
        why = "bypasses row-level security" if role["bypasses"] else "owns tables of the schema"
        raise StoreError(
            f"The database role {role['name']} {why}, so sites would not be kept apart. Let GATEPOST_DATABASE_URL "
            "name a plain role that is a member of gatepost_service, and keep the owner for `gatepost migrate`."
        )
