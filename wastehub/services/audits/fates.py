"""Where kilograms are, by the books: each gram of what was generated stands in exactly one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ... import ledger
from ...ledger import inquiries

STORES = {"ent": "enterprise", "plat": "platform", "plant": "plant"}
FIELDS = {
    "TRANS": "road_g",
    "DONE": "treated_g",
    "LOSS": "lost_g",
    "SPILL": "lost_g",
    "TOL": "tolerance_g",
    "SUSP": "open_cases_g",
}


@dataclass
class Fate:
    """Where the kilograms of a batch are: each gram stands in exactly one field."""

    generated_g: int = 0
    enterprise_g: int = 0
    road_g: int = 0
    platform_g: int = 0
    plant_g: int = 0
    treated_g: int = 0
    lost_g: int = 0
    tolerance_g: int = 0
    open_cases_g: int = 0

    @property
    def unexplained_g(self) -> int:
        """Generated minus everything that is accounted for: anything but 0 is a fault."""
        return self.generated_g - sum(
            getattr(self, each.name) for each in fields(self) if each.name != "generated_g"
        )

    def add(self, other: Fate) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def book(self, kind: str, place_kind: str, grams: int) -> None:
        """Add the balance of an account of the books; `place_kind`: ent, plat, plant or veh."""
        if kind == "GEN":
            self.generated_g -= grams
            return
        name = f"{STORES[place_kind]}_g" if kind == "STOCK" else FIELDS[kind]
        setattr(self, name, getattr(self, name) + grams)


def fate_of_batches(session: Session, batches: Sequence[str]) -> Fate:
    """Where the kilograms of some batches are, also those that were poured into other batches since.

    Of a mixture `generated_g` is what was poured into it.
    """
    made = Fate(generated_g=ledger.poured_in_g(session, batches))
    for accounts in ledger.traced(session, batches).values():
        for account in accounts:
            made.book(account.kind, account.place.partition(":")[0], account.balance_g)
    return made


def fates_by_origin(session: Session) -> dict[str, Fate]:
    """The books of every unit that generated waste, keyed by its site.

    What a platform repacked stands in batches of the platform: it is told of those who generated it.
    """
    made: dict[str, Fate] = {}
    for row in ledger.balances_by_origin(session):
        made.setdefault(row.origin, Fate()).book(row.kind, row.place_kind, row.balance_g)
    for origin, fate in _repacked_by_origin(session).items():
        made.setdefault(origin, Fate()).add(fate)
    return {origin: fate for origin, fate in made.items() if fate != Fate()}


def fates_by_group(session: Session, groups: Select[*tuple[Any, ...]]) -> dict[str, Fate]:
    """The books of groups of units, as the query names them in pairs of site and group."""
    made: dict[str, Fate] = {}
    for group, rows in inquiries.kinds_by_group(session, groups).items():
        for row in rows:
            made.setdefault(group, Fate()).book(row.kind, row.place_kind, row.balance_g)
    sites = groups.subquery()
    repacked = _repacked_by_origin(session, select(sites.c[0]))
    if repacked:
        for site, group in session.execute(groups):
            if site in repacked:
                made.setdefault(group, Fate()).add(repacked[site])
    return made


def _repacked_by_origin(session: Session, sites: Select[Any] | None = None) -> dict[str, Fate]:
    """What repacking changes: out of the units that repacked, in to those that generated. None: all units."""
    made: dict[str, Fate] = {}
    repacked, shares = ledger.mixtures(session, origins=sites)
    for amounts, sign in ((repacked, -1), (shares, 1)):
        for batch, accounts in amounts.items():
            fate = made.setdefault(batch.partition("/")[0], Fate())
            for account, grams in accounts.items():
                fate.book(account.kind, account.place.partition(":")[0], sign * grams)
    return made


def total_of(fates: Iterable[Fate]) -> Fate:
    total = Fate()
    for each in fates:
        total.add(each)
    return total
