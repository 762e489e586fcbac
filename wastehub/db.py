"""Engine, session, transaction and the column types that the whole product shares.

The edge opens `Database.transaction()`, calls one service and leaves: the block commits or nothing
has happened. Services flush, they never commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID, SafeUUID

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Select,
    TypeDecorator,
    Uuid,
    bindparam,
    create_engine,
    event,
    insert,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from . import ids
from .turns import Turns

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
        self._turns = Turns(self.engine) if sqlite else None

    def session(self, connection: Connection | None = None, *, in_savepoint: bool = False) -> Session:
        return Session(
            connection or self.engine,
            expire_on_commit=False,
            info={"signer": self.signer, "new_id": self.new_id},
            join_transaction_mode="create_savepoint" if in_savepoint else "conditional_savepoint",
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block, or leaves no trace."""
        if self._turns is None:
            with self.session() as session, session.begin():
                yield session
            return
        with self._turns.act() as group:
            made = self.session(group.connection, in_savepoint=group.joined > 1)
            with made as session, session.begin():
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


AnySelect = Select[Any] | CompoundSelect[Any]


class Asked(NamedTuple):
    """A question about rows whose column is one of the values that come with each call, built once."""

    one: AnySelect
    many: AnySelect

    def of(self, values: Sequence[Any], **more: Any) -> tuple[AnySelect, dict[str, Any]]:
        """Statement and parameters. A single value needs no list, which is written out anew at each call."""
        if len(values) == 1:
            return self.one, {"asked": values[0], **more}
        return self.many, {"asked": values, **more}


def asked(statement: Any, column: Any) -> Asked:
    """Those rows of the statement whose column is one of the values of `Asked.of`."""
    among = column.in_(bindparam("asked", expanding=True))
    return Asked(statement.where(column == bindparam("asked")), statement.where(among))


def beside(session: Session) -> Connection:
    """The session's connection, for rows that need not become objects: a third of the time. What the session
    has in mind is written first.
    """
    session.flush()
    return session.connection()


def write_new(session: Session, rows: Sequence[Base]) -> None:
    """Write new objects, those of one table by one statement; from then on the session knows them as read.

    A third of the time of a flush, for objects whose every column is set: there is nothing to fetch back. The
    classes are written in the order of their first objects.
    """
    by_class: dict[type[Base], list[Base]] = {}
    for row in rows:
        by_class.setdefault(type(row), []).append(row)
    connection = beside(session)
    for kind, made in by_class.items():
        table = kind.metadata.tables[kind.__tablename__]
        values = [{column.name: row.__dict__[column.name] for column in table.c} for row in made]
        connection.execute(insert(table), values if len(values) > 1 else values[0])
    for row in rows:
        make_transient_to_detached(row)
    session.add_all(rows)


def new_id(session: Session, at: datetime) -> UUID:
    """A fresh identifier from the session's source of chance."""
    made: UUID = session.info["new_id"](at)
    return made
