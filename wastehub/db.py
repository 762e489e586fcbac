"""Engine, session, transaction and the column types that the whole product shares.

The edge opens `Database.transaction()`, calls one service and leaves: the block commits or nothing
has happened. Services flush, they never commit.
"""

from __future__ import annotations

import threading
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
from sqlalchemy.orm import DeclarativeBase, Session

from . import ids

# A page cache that holds the busy part of a city's year; SQLite's own is 2 MiB.
SQLITE_CACHE_KIB = 64 * 1024
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
        dbapi.isolation_level = None  # the begin event decides

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: no deadlock between two readers that turn writers.
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql("BEGIN " + mode)


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
    that services need neither settings nor chance.
    """

    def __init__(
        self,
        url: str,
        *,
        signer: Any = None,
        new_id: Callable[[datetime], UUID] = ids.new_id,
    ) -> None:
        sqlite = url.startswith("sqlite")
        self.url = url
        self.engine = create_engine(url, pool_pre_ping=not sqlite)
        self.signer = signer
        self.new_id = new_id
        self._turns: AbstractContextManager[None] = _Turns() if sqlite else nullcontext()
        if sqlite:
            _configure_sqlite(self.engine)

    def session(self, **execution_options: Any) -> Session:
        engine = self.engine.execution_options(**execution_options)
        return Session(
            engine,
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
        with self.session(sqlite_begin="DEFERRED") as session:
            yield session

    def dispose(self) -> None:
        self.engine.dispose()


def new_id(session: Session, at: datetime) -> UUID:
    """A fresh identifier from the session's source of chance."""
    made: UUID = session.info["new_id"](at)
    return made
