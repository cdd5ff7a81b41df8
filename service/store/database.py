"""Hold the pool of connections; every use of one names the sites whose rows it may see."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, TypedDict, cast

import asyncpg

from service.comment import SiteId
from service.errors import NO_DATABASE, StoreError, Unavailable
from service.store.migrate import require_current
from service.store.queries import sql

Pooling = Literal["session", "transaction"]
"""How long a connection keeps its server: `transaction` behind a pooler, such as PgBouncer, that takes it away then."""


class _How(TypedDict):
    connection_class: "type[Connection]"
    server_settings: dict[str, str]
    statement_cache_size: int


CONNECT_TIMEOUT = 2.0
"""Seconds to wait for a connection, new or from the pool, before answering 503."""
COMMAND_TIMEOUT = 10.0
"""Seconds a single statement may take."""
_CLOSE_TIMEOUT = 5.0
_REPLAN = 512
"""Uses of kept plans from which on they are made anew, about once in so many."""
_SESSION = {"application_name": "gatepost", "timezone": "UTC", "jit": "off"}
"""UTC because the hash chains cover times as text; no JIT because compiling costs more than any query here."""
_POOLERS_TAKE = frozenset({"application_name", "timezone"})
"""What PgBouncer takes at the start of a connection and keeps apart between clients (its documentation,
`ignore_startup_parameters`); the rest is set in each transaction."""


if TYPE_CHECKING:
    _Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection


class Connection(_Connection):
    """A connection that remembers the sites it is set to, to save the round trip when they stay the same."""

    sites = ""
    _kept = 0

    @asynccontextmanager
    async def seeing(self, *sites: SiteId) -> AsyncIterator[None]:
        """Let row-level security show these sites' rows and no others; single statements, each its own transaction.

        Must be called outside a transaction: a rollback would silently restore the setting before.
        """
        wanted = _listed(sites)
        if wanted != self.sites:
            self.sites = ""
            await self.execute(sql("see_sites"), wanted)
            self.sites = wanted
        yield

    async def replan(self) -> None:
        """Forget the plans that are kept, at the 1st, 2nd, 4th, 8th… and every 512th call.

        While a table is empty, any index seems as good as the right one.
        """
        self._kept += 1
        if self._kept % _REPLAN == 0 or self._kept.bit_count() == 1:
            await self.execute("DISCARD PLANS")

    async def keep_plans(self) -> None:
        """Use kept plans for the rest of the transaction: to plan a big statement takes longer than to carry it out."""
        await self.replan()
        await self.execute(sql("keep_plans"))

    @asynccontextmanager
    async def begun(self, *sites: SiteId, snapshot: bool = False) -> AsyncIterator[None]:
        """Do the same in one transaction; a `snapshot` is read-only and sees one moment."""
        async with self.seeing(*sites), self.transaction(isolation=_isolation(snapshot), readonly=snapshot):
            yield


class PooledConnection(Connection):
    """A connection through a pooler that gives out a server for one transaction at a time.

    Nothing survives a transaction, so each sets its sites and settings itself, in one more round trip, and a single
    statement becomes a transaction of its own, in two more.
    """

    statement_seconds = COMMAND_TIMEOUT

    async def replan(self) -> None:
        """Do nothing: every statement is planned anew, and the server's plans belong to all who share it."""

    async def keep_plans(self) -> None:
        """Do nothing, for the same reason."""

    @asynccontextmanager
    async def seeing(self, *sites: SiteId) -> AsyncIterator[None]:
        """Open a transaction, for there is nothing smaller, and set it to these sites."""
        async with self.begun(*sites):
            yield

    @asynccontextmanager
    async def begun(self, *sites: SiteId, snapshot: bool = False) -> AsyncIterator[None]:
        """Open a transaction and set it to these sites."""
        async with self.transaction(isolation=_isolation(snapshot), readonly=snapshot):
            await self.execute(sql("see_sites_here"), _listed(sites), f"{1000 * self.statement_seconds:.0f}ms")
            yield


def _isolation(snapshot: bool) -> Literal["repeatable_read"] | None:
    return "repeatable_read" if snapshot else None


def _listed(sites: Iterable[SiteId]) -> str:
    return ",".join(str(site) for site in sorted(sites))


class Database:
    """The service's connections to Postgres. Closed by whoever opened it."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", dsn: str, pooling: Pooling):
        self._pool = pool
        self.dsn = dsn
        self.pooling = pooling

    @classmethod
    async def open(cls, dsn: str, *, pooling: Pooling = "session", size: int = 4) -> Self:
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
                reset=_keep,
                **_how(pooling, _SESSION),
            )
        database = cls(pool, dsn, pooling)
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
                async with connection.seeing(*sites):
                    yield connection

    @asynccontextmanager
    async def transaction(self, *sites: SiteId, snapshot: bool = False) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction that commits when the block ends without an error.

        A `snapshot` is read-only and sees one moment.
        """
        with translated():
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT) as lent:
                connection = cast(Connection, lent)
                async with connection.begun(*sites, snapshot=snapshot):
                    yield connection


async def connect(dsn: str, *, pooling: Pooling, give_up_after: float) -> Connection:
    """Open a connection of one's own, outside the pool; the caller closes it.

    The server gives a statement up after as many seconds as the caller, so that what the caller took for failed is
    not done all the same later. Plans are made once and kept, those of triggers and foreign keys too: to plan a batch
    of one takes longer than to write it. Whoever uses them calls `replan` each time.
    """
    own = {"plan_cache_mode": "force_generic_plan", "statement_timeout": f"{1000 * give_up_after:.0f}ms"}
    with translated():
        connection: Connection = await asyncpg.connect(
            dsn, timeout=CONNECT_TIMEOUT, command_timeout=COMMAND_TIMEOUT, **_how(pooling, _SESSION | own)
        )
    if isinstance(connection, PooledConnection):
        connection.statement_seconds = give_up_after
    return connection


def _how(pooling: Pooling, settings: dict[str, str]) -> "_How":
    """Return how to connect: a pooler takes few settings at the start, and no statement is there the next time."""
    if pooling == "session":
        return {"connection_class": Connection, "server_settings": settings, "statement_cache_size": 100}
    taken = {name: value for name, value in settings.items() if name in _POOLERS_TAKE}
    return {"connection_class": PooledConnection, "server_settings": taken, "statement_cache_size": 0}


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
        raise Unavailable(NO_DATABASE) from error


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
