"""Which entries an export is about: the whole log, a site, a firm, a batch, a period."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from ..store import AuthorKeyRow, EntryBatchRow, EntryRow

REGION_TIME = timezone(timedelta(hours=8))
_FORM = re.compile(r"(site|firm|batch|period):(.+)")
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
KEY_EVENTS = ("key.registered", "key.revoked")


class UnknownScope(ValueError):
    """No such site, firm, batch or period: the sentence says what was asked for and what would do."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`kind`: all, site, firm, batch or period. `name`: a site ("ent:..."), a batch key ("<site>/<no>") or
    two days ("2026-03-01..2026-03-31", both included, by the region's clock)."""

    kind: str
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Scope:
        """all, site:ID, firm:ID, batch:NO or period:FROM..TO. Raises UnknownScope."""
        if text == "all":
            return cls("all")
        match = _FORM.fullmatch(text)
        if match is None or len(text) > 200 or not text.isprintable():
            raise UnknownScope(
                f"{text!r}: a scope is all, site:ID, firm:ID, batch:NO or period:FROM..TO (YYYY-MM-DD)"
            )
        made = cls(match[1], match[2].strip())
        if made.kind == "period":
            made.days()
        return made

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind

    def days(self) -> tuple[date, date]:
        """First and last day of a period. Raises UnknownScope."""
        match = _DAYS.fullmatch(self.name)
        try:
            since, until = (date.fromisoformat(text) for text in match.groups()) if match else (None, None)
        except ValueError:
            since = until = None
        if since is None or until is None or since > until:
            raise UnknownScope(f"{self}: a period is FROM..TO, two days written YYYY-MM-DD, FROM first")
        return since, until


@dataclass(frozen=True, slots=True)
class Part:
    """The entries of a scope among the first `size`. `first` and `last`: indexes of a period, else -1."""

    scope: Scope
    size: int
    chosen: Select[int]
    extra: tuple[int, ...]
    first: int = -1
    last: int = -1

    def indexes(self, session: Session) -> Iterator[int]:
        """In log order, each once; `extra` are neighbours of a period and entries that register keys."""
        rows = session.execute(self.chosen.order_by(EntryRow.idx).execution_options(yield_per=2_000))
        before = -1
        both: Iterator[int] = heapq.merge((int(row[0]) for row in rows), self.extra)
        for idx in both:
            if idx != before:
                yield idx
            before = idx


def part_of(session: Session, scope: Scope, *, size: int) -> Part:
    """The part of the first `size` entries that the scope names. Raises UnknownScope when it is empty."""
    scope = resolved(session, scope)
    chosen = select(EntryRow.idx).where(EntryRow.idx < size)
    keys = _key_entries(session, size)
    if scope.kind == "period":
        return _period(session, scope, size, chosen, keys)
    if scope.kind == "site":
        chosen = chosen.where(EntryRow.site == scope.name)
    else:
        batch = EntryBatchRow.batch
        mine = (
            batch == scope.name
            if scope.kind == "batch"
            else batch.startswith(scope.name + "/", autoescape=True)
        )
        touching = EntryRow.idx.in_(select(EntryBatchRow.idx).where(mine))
        chosen = chosen.where(
            touching if scope.kind == "batch" else or_(EntryRow.site == scope.name, touching)
        )
    if session.scalar(chosen.limit(1)) is None:
        raise UnknownScope(f"{scope}: the sealed log has no entries about it")
    return Part(scope, size, chosen, keys)


def resolved(session: Session, scope: Scope) -> Scope:
    """With the ledger's own names: a firm by its credit code, a batch by its number alone.

    Raises UnknownScope.
    """
    if scope.kind == "firm" and ":" not in scope.name:
        return Scope("firm", "ent:" + scope.name)
    if scope.kind == "batch" and "/" not in scope.name:
        sites = session.scalars(
            select(EntryRow.site)
            .where(EntryRow.subject == scope.name, EntryRow.type == "batch.registered")
            .distinct()
        ).all()
        if len(sites) > 1:
            shown = ", ".join(f"batch:{site}/{scope.name}" for site in sorted(sites)[:5])
            raise UnknownScope(f"{scope}: several firms have a batch of this number, choose one: {shown}")
        if not sites:
            raise UnknownScope(f"{scope}: the sealed log has no batch of this number")
        return Scope("batch", f"{sites[0]}/{scope.name}")
    return scope


def _key_entries(session: Session, size: int) -> tuple[int, ...]:
    """Entries that register or revoke keys: without them no signature can be checked."""
    registered = session.scalars(select(AuthorKeyRow.from_idx).where(AuthorKeyRow.from_idx < size))
    by_hub = select(EntryRow.idx).where(EntryRow.site == "hub", EntryRow.type.in_(KEY_EVENTS))
    return tuple(sorted({*registered, *session.scalars(by_hub.where(EntryRow.idx < size))}))


def _period(session: Session, scope: Scope, size: int, chosen: Select[int], keys: tuple[int, ...]) -> Part:
    since, until = scope.days()
    begin = datetime.combine(since, time(), REGION_TIME).astimezone(UTC)
    end = datetime.combine(until + timedelta(days=1), time(), REGION_TIME).astimezone(UTC)
    inside = select(func.min(EntryRow.idx), func.max(EntryRow.idx)).where(
        EntryRow.idx < size, EntryRow.recorded_at >= begin, EntryRow.recorded_at < end
    )
    first, last = session.execute(inside).one()
    if first is None:
        raise UnknownScope(f"{scope}: nothing was recorded in this period")
    fence = {idx for idx in (first - 1, last + 1) if 0 <= idx < size}
    chosen = chosen.where(EntryRow.idx >= first, EntryRow.idx <= last)
    return Part(scope, size, chosen, tuple(sorted(fence.union(keys))), first, last)
