"""Engine, session, transaction and the column types that the whole product shares.

The edge opens `Database.transaction()`, calls one service and leaves: the block commits or nothing
has happened. Services flush, they never commit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, SafeUUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    Integer,
    MetaData,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from . import ids

# Connections that stay open when nobody uses them: opening one costs more than most requests. The one that
# was used last is taken first, so no more are open than ever worked at once.
KEPT, MORE = 16, 24
# A connection that rested for so long is asked whether it still lives before it is used.
RESTED_S = 1.0
# A page cache that holds the busy part of a city's year; SQLite's own is 2 MiB.
SQLITE_CACHE_KIB = 64 * 1024
# The mark on a connection whose transactions only look.
LOOKING = "wastehub.looking"
SQLITE_MAPPED_BYTES = 256 * 1024 * 1024

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite drops zones, so naive values are refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: attach a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FastUuid(Uuid[UUID]):
    """A UUID column that reads SQLite's 32 hex digits without UUID's checks of its arguments.

    Lists read tens of thousands of keys, and the usual constructor takes more time than the row itself.
    """

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return _uuid_of_hex


def _uuid_of_hex(value: str | None) -> UUID | None:
    if value is None:
        return None
    made = object.__new__(UUID)
    object.__setattr__(made, "int", int(value, 16))
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


# Mass in whole grams. BigInteger: a county's year does not fit into 32 bits.
Grams = BigInteger
# Auto-increment works on SQLite only with plain INTEGER.
BigKey = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """All tables. The naming convention lets migrations drop constraints on SQLite too."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), UUID: FastUuid()}


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(dbapi: Any, _record: Any) -> None:
        cursor = dbapi.cursor()
        # FULL: an acknowledged ledger entry survives a power cut (docs/decisions).
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "temp_store=MEMORY",
            f"cache_size=-{SQLITE_CACHE_KIB}",
            f"mmap_size={SQLITE_MAPPED_BYTES}",
        ):
            cursor.execute("PRAGMA " + pragma)
        cursor.close()
        dbapi.isolation_level = None  # `begin` decides

    def begin(dbapi_connection: PoolProxiedConnection) -> None:
        # IMMEDIATE takes the write lock at once: no deadlock between two readers that turn writers.
        cursor = dbapi_connection.cursor()
        cursor.execute("BEGIN DEFERRED" if LOOKING in dbapi_connection.info else "BEGIN IMMEDIATE")
        cursor.close()

    # Not the event "begin": an engine that has one event asks for all of them around each statement.
    engine.dialect.do_begin = begin  # type: ignore[assignment]


def _ask_after_rest(engine: Engine) -> None:
    """A server that was restarted leaves dead connections behind. Asking each time costs a way to the server
    and back; one that answered a moment ago is taken at its word.
    """

    @event.listens_for(engine, "checkin")
    def rest(_dbapi: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(dbapi: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        since = record.info.pop("rests_since", None)
        if since is None or time.monotonic() - since < RESTED_S:
            return
        try:
            engine.dialect.do_ping(dbapi)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise InvalidatePoolError from gone


class _Turns:
    """A lock that goes to whoever has waited longest.

    SQLite lets one transaction write and tells the others to ask again after a sleep: of eight threads that
    write all the time, some wait a second. Threads of one process queue here instead and never ask in vain.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._owner: int | None = None
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._guard:
            if self._owner == me:
                raise RuntimeError("a transaction within a transaction would wait for itself")
            if not self._taken:
                self._taken, self._owner = True, me
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()
        with self._guard:
            self._owner = me

    def __exit__(self, *_problem: object) -> None:
        with self._guard:
            self._owner = None
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Database:
    """One database: `transaction()` to act, `reading()` to look.

    `signer` signs ledger entries, `new_id` makes identifiers; both travel in `session.info` so
    that services need neither settings nor chance. `engine`: for tests on a disk of their own.
    """

    def __init__(
        self,
        url: str,
        *,
        signer: Any = None,
        new_id: Callable[[datetime], UUID] = ids.new_id,
        engine: Engine | None = None,
    ) -> None:
        sqlite = url.startswith("sqlite")
        self.url = url
        self.engine = engine or create_engine(url, pool_size=KEPT, max_overflow=MORE, pool_use_lifo=True)
        (_configure_sqlite if sqlite else _ask_after_rest)(self.engine)
        self.signer = signer
        self.new_id = new_id
        self._turns: AbstractContextManager[None] = _Turns() if sqlite else nullcontext()

    def session(self, connection: Connection | None = None) -> Session:
        return Session(
            connection or self.engine,
            expire_on_commit=False,
            info={"signer": self.signer, "new_id": self.new_id},
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block, or leaves no trace."""
        with self._turns, self.session() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only: it never takes SQLite's write lock, and nothing is kept."""
        # Closing ends the transaction; a rollback would empty the objects that were read.
        with self.engine.connect() as connection, self.session(connection) as session:
            marks = connection.info
            marks[LOOKING] = True
            try:
                yield session
            finally:
                marks.pop(LOOKING, None)

    def dispose(self) -> None:
        self.engine.dispose()


def beside(session: Session) -> Connection:
    """The session's connection, for rows that need not become objects: a third of the time. What the session
    has in mind is written first.
    """
    session.flush()
    return session.connection()


def new_id(session: Session, at: datetime) -> UUID:
    """A fresh identifier from the session's source of chance."""
    made: UUID = session.info["new_id"](at)
    return made
