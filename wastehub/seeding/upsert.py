"""Rows from a file meet rows in the database: new ones are added, changed ones changed, none deleted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ..db import Base

log = logging.getLogger(__name__)


class Count(NamedTuple):
    """What happened to the rows of one table."""

    inserted: int
    updated: int
    unchanged: int


def upsert(
    session: Session,
    model: type[Base],
    rows: Iterable[Mapping[str, Any]],
    *,
    key: tuple[str, ...],
    within: ColumnElement[bool] | None = None,
    new: Callable[[], Mapping[str, Any]] = dict,
    keep: Callable[[Any], frozenset[str]] = lambda present: frozenset(),
) -> tuple[Count, dict[tuple[Any, ...], Any]]:
    """Bring the table to the state of the file; flushes. Returns the count and the objects by key.

    A row that has left the file stays, with a warning: what was in force once is ended by its date.
    `within` the part of the table the file speaks for; `new` gives columns that only a new row gets
    (its id); `keep` names columns of a present row that somebody has decided here since.
    """
    query = select(model) if within is None else select(model).where(within)
    present = {tuple(getattr(found, name) for name in key): found for found in session.scalars(query)}
    result: dict[tuple[Any, ...], Any] = {}
    inserted = updated = 0
    for values in rows:
        identity = tuple(values[name] for name in key)
        target = present.get(identity)
        if target is None:
            target = model(**new(), **values)
            session.add(target)
            inserted += 1
        elif _change(target, values, keep(target)):
            updated += 1
        result[identity] = target
    session.flush()
    for identity in present.keys() - result.keys():
        log.warning("%s: %s is no longer in the seed files; the row is kept", model.__tablename__, identity)
    return Count(inserted, updated, len(result) - inserted - updated), result


def _change(target: Base, values: Mapping[str, Any], kept: frozenset[str]) -> bool:
    changed = False
    for name, value in values.items():
        if name not in kept and getattr(target, name) != value:
            setattr(target, name, value)
            changed = True
    return changed
