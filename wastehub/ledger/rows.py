"""Rows of the ledger's tables, in and out: few statements for many rows, built once and kept.

Everything here goes through the connection, beside the session's identity map: an append reads and writes a
dozen tables, and as objects their rows would cost more than the rest of it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    Table,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

from wastehub.db import Asked

CHUNK = 500
# Up to so many rows of a table stand in a statement one by one; more come as lists, whatever their number.
FEW = 2
# psycopg reads a statement with more values anew each time it is run: a tenth of the time of an act.
VALUES_MAX = 50
Value = TypeVar("Value")
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
AnyColumn = InstrumentedAttribute[Any] | ColumnElement[Any]


def chunks(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """Lists of at most `size` values: databases bound the number of parameters."""
    everything = list(values)
    for at in range(0, len(everything), size):
        yield everything[at : at + size]


def table(row: type[Any]) -> Table:
    made = row.__table__
    assert isinstance(made, Table)
    return made


def rows_in(
    session: Session, statement: AnySelect, column: AnyColumn, values: Iterable[Any]
) -> Iterator[AnyRow]:
    """The rows of `statement` whose column is one of the values."""
    for part in chunks(values):
        yield from session.execute(statement.where(column.in_(part)))


def rows_asked(connection: Connection, question: Asked, values: Iterable[Any]) -> Iterator[AnyRow]:
    """The rows that a question of `db.asked` finds for these values."""
    for part in chunks(values):
        yield from connection.execute(*question.of(part))


# --- writing ---------------------------------------------------------------------------------------------


class _Write(NamedTuple):
    """What happens to the rows of a table. `keyed`: a row with the same primary key is overwritten; columns
    in `plus` are added to instead.
    """

    table: Table
    columns: tuple[str, ...]
    keyed: bool = False
    plus: tuple[str, ...] = ()


class Rows:
    """Rows of many tables that are written together.

    PostgreSQL takes several tables in one statement: an append costs two ways to the server, not a dozen.
    SQLite lives in our own process and takes a statement a table.
    """

    def __init__(self) -> None:
        self._rows: dict[_Write, list[dict[str, Any]]] = {}

    def insert(self, row: type[Any], values: Sequence[dict[str, Any]]) -> None:
        if values:
            self._rows.setdefault(_Write(table(row), tuple(values[0])), []).extend(values)

    def upsert(self, row: type[Any], values: Sequence[dict[str, Any]], *, plus: tuple[str, ...] = ()) -> None:
        """At most once a table: two rows with one key cannot be written by one statement."""
        if values:
            self._rows[_Write(table(row), tuple(values[0]), True, plus)] = list(values)

    def write(self, connection: Connection) -> None:
        """Write what was collected. The order of the tables is that of the calls."""
        if not self._rows:
            return
        if connection.dialect.name != "postgresql":
            for write, rows in self._rows.items():
                statement, in_order = _one_by_one(write)
                connection.exec_driver_sql(statement, [in_order(row) for row in rows])
            return
        for writes in _grouped(self._rows):
            values = (value for write, count in writes for value in _values(write, count, self._rows[write]))
            connection.execute(_in_one(writes), {f"v{at}": value for at, value in enumerate(values)})


def upsert(session: Session, row: type[Any], values: Sequence[dict[str, Any]]) -> None:
    """Insert rows or overwrite those with the same primary key."""
    made = Rows()
    made.upsert(row, values)
    made.write(session.connection())


def add_missing(connection: Connection, row: type[Any], values: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving those alone whose key is there already."""
    connection.execute(_insert(connection.dialect.name, table(row)).on_conflict_do_nothing(), values)


def _insert(dialect: str, made: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(made) if dialect == "sqlite" else postgresql.insert(made)


@functools.cache  # building one costs as much as running it
def _one_by_one(write: _Write) -> tuple[str, Callable[[dict[str, Any]], tuple[Any, ...]]]:
    """SQLite: the text of a statement for one row, and what makes the driver's values of a row.

    SQLAlchemy would look at each value of each row by its name: a third of the time of a long list.
    """
    dialect = sqlite.dialect()
    made = sqlite.insert(write.table).values({name: bindparam(name) for name in write.columns})
    compiled = (_or_change(made, write) if write.keyed else made).compile(dialect=dialect)
    names = compiled.positiontup
    assert names is not None and set(names) == set(write.columns), "a value for each column and no other"
    types = {name: write.table.c[name].type.dialect_impl(dialect) for name in names}
    prepared = [(name, types[name].bind_processor(dialect)) for name in names]

    def in_order(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple([row[name] if prepare is None else prepare(row[name]) for name, prepare in prepared])

    return str(compiled), in_order


# A table with the number of its rows, or 0 when they come as lists.
_Counted = tuple[tuple[_Write, int], ...]


def _grouped(rows: Mapping[_Write, Sequence[Any]]) -> Iterator[_Counted]:
    """Tables that are written by one statement each time, in order."""
    group: list[tuple[_Write, int]] = []
    values = 0
    for write, given in rows.items():
        count = len(given) if len(given) <= FEW else 0
        wanted = len(write.columns) * max(count, 1)
        if group and values + wanted > VALUES_MAX:
            yield tuple(group)
            group, values = [], 0
        group.append((write, count))
        values += wanted
    yield tuple(group)


def _values(write: _Write, count: int, rows: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """The values of a table's part of the statement: row after row, or a list for each column."""
    if count:
        return (row[name] for row in rows for name in write.columns)
    return ([row[name] for row in rows] for name in write.columns)


@functools.cache
def _in_one(writes: _Counted) -> Insert:
    """The statement for a group; its parameters v0, v1 ... are the values of `_values` in their order."""
    numbers = itertools.count()

    def bound(made: TypeEngine[Any]) -> BindParameter[Any]:
        return bindparam(f"v{next(numbers)}", type_=made)

    *before, last = (_from_values(write, count, bound) for write, count in writes)
    return last.add_cte(*(part.cte(f"w{at}") for at, part in enumerate(before)))


def _from_values(write: _Write, count: int, bound: Callable[[TypeEngine[Any]], BindParameter[Any]]) -> Insert:
    types = [(name, write.table.c[name].type) for name in write.columns]
    if count:
        rows = [select(*(bound(made) for _, made in types)) for _ in range(count)]
    else:
        rows = [select(*(func.unnest(bound(postgresql.ARRAY(made))).label(name) for name, made in types))]
    statement = postgresql.insert(write.table).from_select(
        list(write.columns), union_all(*rows) if count > 1 else rows[0], include_defaults=False
    )
    return _or_change(statement, write) if write.keyed else statement


def _or_change(statement: sqlite.Insert | postgresql.Insert, write: _Write) -> Insert:
    made = write.table
    keys = [column.name for column in made.primary_key]
    changes: dict[str, ColumnElement[Any]] = {
        name: made.c[name] + statement.excluded[name] if name in write.plus else statement.excluded[name]
        for name in write.columns
        if name not in keys
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)
