"""One open loop, and the desk at which they are collected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain import open_loops
from ...domain.errors import NotFound
from ...domain.open_loops import Clock
from ...models.organisations import Organisation


@dataclass(frozen=True)
class OverdueRow:
    """One open loop. `kind`: a key of domain/open_loops.STAGES; `unit`: who has to close it.

    `since_on` its first day, `own_due_on` the installation's own limit, `law_due_on` the law's, `due_on`
    the limit after which it is `late`. `key` names the loop for good: kind, thing, holder, first day.
    `entry_idx`: the entry of the log it is about.
    """

    kind: str
    subject: str
    unit: Organisation | None
    since_on: date
    due_on: date
    mass_g: int | None
    late: bool
    batch_id: UUID | None = None
    manifest_id: UUID | None = None
    request_id: UUID | None = None
    lot_id: UUID | None = None
    entry_idx: int | None = None
    own_due_on: date | None = None
    law_due_on: date | None = None
    key: str = ""
    batch: str = ""

    @property
    def starts_on(self) -> date:
        """The own limit: what is later than that is put before somebody."""
        return self.own_due_on or self.due_on

    @property
    def is_break(self) -> bool:
        """The next link is missing: traceability is broken, not merely late."""
        return open_loops.STAGES[self.kind].is_break

    def clock(self, today: date) -> Clock:
        """Which limit is behind us."""
        return open_loops.clock_of(own_due_on=self.starts_on, law_due_on=self.law_due_on, today=today)


@dataclass
class Desk:
    """Where the loops of a county (None: of all) or of some units (None: of all) are collected."""

    session: Session
    today: date
    limits: Mapping[str, int]
    county_code: str | None = None
    unit_ids: Collection[UUID] | None = None
    rows: list[OverdueRow] = field(default_factory=list)

    def days(self, key: str) -> int:
        """A limit in days. Raises NotFound(limit.not_in_force): never a guess."""
        if key not in self.limits:
            raise NotFound("limit.not_in_force", key=key, on=self.today)
        return self.limits[key]

    def before(self, days: int) -> date:
        """The day that many days ago: what is as old has reached a limit of so many days."""
        return self.today - timedelta(days=days)

    def scoped(self, query: Any, unit: Any, *, county_of: Any = None) -> Any:
        """The query for this desk's county (of `county_of`, else of the unit) and units."""
        if self.county_code:
            query = query.where((county_of or unit).county_code == self.county_code)
        if self.unit_ids is not None:
            query = query.where(unit.id.in_(self.unit_ids))
        return query

    def wants(self, unit: Organisation | None, county_code: str | None) -> bool:
        """The same for a row that is at hand already."""
        if self.county_code and county_code != self.county_code:
            return False
        return self.unit_ids is None or (unit is not None and unit.id in self.unit_ids)

    def add_break(
        self,
        kind: str,
        subject: str,
        unit: Organisation | None,
        since_on: date,
        *,
        key: str,
        own_days: int,
        mass_g: int | None = None,
        **what: Any,
    ) -> None:
        """A missing link with its clock; one that its own limit still allows is none yet."""
        own_due_on = since_on + timedelta(days=own_days)
        if self.today <= own_due_on:
            return
        law_key = open_loops.STAGES[kind].law_key
        law_due_on = since_on + timedelta(days=self.days(law_key)) if law_key else None
        self.rows.append(
            OverdueRow(
                kind, subject, unit, since_on, own_due_on, mass_g, True,
                own_due_on=own_due_on, law_due_on=law_due_on, key=f"{kind}:{key}", **what,
            )
        )  # fmt: skip
