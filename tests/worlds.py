"""Worlds that many tests begin with: built once per worker and kind of database, copied for all others.

    @remembered
    def started(database, firms=2, *loads): ...

A test that asks for a world before anything else was written to its `database` gets a copy of the one that
was built with the same arguments: the same rows, the same answer, and ids that go on from there; and so for a
second such function after the first. A test that uses `monkeypatch`, or has the database in use, builds its
world itself. What such a function answers may be plain data and the database.
"""

from __future__ import annotations

import copy
import functools
import itertools
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

# Tests of one file follow each other and ask for the same few worlds; each copy takes some megabytes.
KEPT = 16
PLAIN = (str, bytes, int, float, bool, date, uuid.UUID, type(None))
HERE = object()


def remembered(build: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that fills a database take what it made before, if nothing else is in there."""

    @functools.wraps(build)
    def provide(database: Any, *given: Any, **options: Any) -> Any:
        worlds: Worlds | None = getattr(database, "worlds", None)
        asked = (build.__module__, build.__qualname__, given, tuple(sorted(options.items())))
        if worlds is None or not worlds.may_take(database) or not is_plain(asked):
            return build(database, *given, **options)
        key = f"{database.world}{asked!r}"  # repr, because 1, 1.0 and True are equal
        if key in worlds.kept:
            return worlds.copied(key, database)
        made = build(database, *given, **options)
        worlds.keep(key, database, made)
        return made

    return provide


def is_plain(value: Any) -> bool:
    return all(map(is_plain, value)) if isinstance(value, (tuple, list)) else isinstance(value, PLAIN)


class Maker(Protocol):
    """What tests/database_kinds.py knows about copying, for each kind of database."""

    copies_cheaply: bool

    def keep(self, url: str, template: str) -> None: ...

    def forget(self, template: str) -> None: ...

    def replace(self, url: str, template: str) -> None: ...


@dataclass(frozen=True)
class World:
    template: str
    answer: Any
    new_id: Any


class Worlds:
    """The worlds that one worker keeps on one kind of database."""

    def __init__(self, maker: Maker) -> None:
        self.kept: OrderedDict[str, World] = OrderedDict()
        self.copies_cheaply = maker.copies_cheaply
        self._maker = maker
        self._names = (f"world_{uuid.uuid4().hex[:8]}_{number}" for number in itertools.count(1))

    def watch(self, database: Any) -> None:
        """From now on `world` tells what is in this database: None when it was written to otherwise."""
        from sqlalchemy import event

        @event.listens_for(database.engine, "before_cursor_execute")
        def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if not statement.lstrip().startswith(("SELECT", "BEGIN")):
                database.world = None

    def lend(self, database: Any, remembers: bool) -> None:
        database.worlds, database.world = (self, "") if remembers else (None, None)

    def may_take(self, database: Any) -> bool:
        in_use = database.engine.pool.checkedout()
        return self.copies_cheaply and database.world is not None and not in_use

    def keep(self, key: str, database: Any, answer: Any) -> None:
        if len(self.kept) == KEPT:
            _, oldest = self.kept.popitem(last=False)
            self._maker.forget(oldest.template)
        database.dispose()
        template = next(self._names)
        self._maker.keep(database.url, template)
        # A copy with a mark in place of this test's database.
        mine = copy.deepcopy(answer, {id(database): HERE})
        self.kept[key] = World(template, mine, copy.deepcopy(database.new_id))
        database.world = key

    def copied(self, key: str, database: Any) -> Any:
        world = self.kept[key]
        self.kept.move_to_end(key)
        database.dispose()
        self._maker.replace(database.url, world.template)
        database.new_id, database.world = copy.deepcopy(world.new_id), key
        return copy.deepcopy(world.answer, {id(HERE): database})
