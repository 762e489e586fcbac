"""Where the kilograms of a city, a county, a platform or a firm are, and the lists behind the numbers.

Read from the books, in grams. Every gram that was generated ends in exactly one part, so the parts of the
picture add up to what was generated; what they lack is shown as unexplained and never left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar
from ...domain.actors import Actor
from ...domain.errors import InvalidInput, NotFound
from ...ledger import inquiries
from ...models.batches import Batch, Container
from ...models.organisations import SITE_PREFIX, Organisation, firm_site
from ...models.reference import Area

# Part -> kinds of account, kind of place ("" any). "transfer" is taken out of "road" below.
PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "generated": (("GEN",), ""),
    "enterprise": (("STOCK",), "ent"),
    "road": (("TRANS",), ""),
    "platform": (("STOCK",), "plat"),
    "transfer": (("TRANS",), ""),
    "plant": (("STOCK",), "plant"),
    "treated": (("DONE",), ""),
    "lost": (("LOSS", "SPILL"), ""),
    "tolerance": (("TOL",), ""),
    "cases": (("SUSP",), ""),
    "unexplained": ((), ""),
}
LISTED = tuple(name for name in PARTS if name != "unexplained")
SCOPES = ("all", "county", "platform", "firm")


@dataclass(frozen=True)
class BalanceScope:
    """Whose kilograms: `kind` of SCOPES, `code` of the county or unit; `month` the first day of one, or None.

    A month means the batches generated in it, wherever they are now. A platform means the batches that were
    ever in its store.
    """

    kind: str = "all"
    code: str = ""
    month: date | None = None


@dataclass(frozen=True)
class Balance:
    """Grams by part; `name` of the area or unit, in both languages."""

    scope: BalanceScope
    name_zh: str
    name_en: str
    parts: dict[str, int]

    @property
    def accounted_g(self) -> int:
        """Everything but what was generated."""
        return sum(grams for part, grams in self.parts.items() if part != "generated")


@dataclass(frozen=True)
class BalanceRow:
    """Grams of one batch in one part."""

    batch_id: UUID
    batch_no: str
    firm: str
    waste_code: str
    internal_name: str
    produced_on: date
    mass_g: int


def month_of(text: str) -> date | None:
    """ "2026-03" as its first day; empty is None. Raises InvalidInput(day.malformed)."""
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field="month", given=text) from wrong


def balance(session: Session, *, actor: Actor, scope: BalanceScope) -> Balance:
    """The parts of a scope. A county's regulator sees that county, its firms and its platforms.

    Raises NotFound.
    """
    actor.require("county.view")
    scope, names = _resolved(session, actor, scope)
    parts = dict.fromkeys(PARTS, 0)
    for row in _kinds(session, scope):
        part = _part_of(row.kind, row.place_kind)
        parts[part] += -row.balance_g if part == "generated" else row.balance_g
    transfer_g = _shipped_g(session, scope)
    parts["transfer"], parts["road"] = transfer_g, parts["road"] - transfer_g
    for share in _mixed(session, scope):
        parts[share.part] += share.grams
    made = Balance(scope, *names, parts)
    parts["unexplained"] = parts["generated"] - made.accounted_g
    return made


def _part_of(kind: str, place_kind: str) -> str:
    for part, (kinds, place) in PARTS.items():
        if kind in kinds and part != "transfer" and place in ("", place_kind):
            return part
    return "unexplained"


def _resolved(session: Session, actor: Actor, scope: BalanceScope) -> tuple[BalanceScope, tuple[str, str]]:
    """The scope that the actor may see, with its name."""
    if scope.kind == "all" and actor.county_code:
        scope = BalanceScope("county", actor.county_code, scope.month)
    if scope.kind == "all":
        return scope, ("", "")
    if scope.kind == "county":
        area = session.get(Area, scope.code)
        if area is None or actor.county_code not in (None, area.code):
            raise NotFound("object.not_found")
        return scope, (area.name_zh, area.name_en)
    kind = {"platform": "platform", "firm": "enterprise"}.get(scope.kind, "")
    query = select(Organisation).where(Organisation.code == scope.code, Organisation.kind == kind)
    unit = session.scalar(query)
    if unit is None or actor.county_code not in (None, unit.county_code):
        raise NotFound("object.not_found")
    return scope, (unit.name, unit.name)


def _by_origin(scope: BalanceScope) -> bool:
    """Whether the scope has all batches of its origins: then the books have its sums."""
    return scope.kind != "platform" and scope.month is None


def _kinds(session: Session, scope: BalanceScope) -> list[inquiries.KindBalance]:
    if _by_origin(scope):
        return inquiries.kinds_of_origins(session, _origins(scope))
    batches = _batches(scope)
    assert batches is not None, "only the whole log needs no query"
    return inquiries.kinds_among(session, batches)


def _origins(scope: BalanceScope) -> Select[Any] | None:
    """The sites of the scope's firms as a query; None: all of the log."""
    return None if scope.kind == "all" else _of_scope(select(firm_site()), scope)


def _batches(scope: BalanceScope) -> Select[Any] | None:
    """The keys of the scope's batches as a query; None: all of the log."""
    if scope.kind == "platform":
        site = f"{SITE_PREFIX['platform']}:{scope.code}"
        if scope.month is None:
            return inquiries.batches_at(site)
        return _registered(scope).where(_key().in_(inquiries.batches_at(site)))
    return None if scope.kind == "all" and scope.month is None else _registered(scope)


def _key() -> Any:
    """The name of a registered batch in the ledger."""
    return firm_site().concat("/").concat(Batch.batch_no)


def _registered(scope: BalanceScope) -> Select[Any]:
    query = select(_key()).select_from(Batch).join(Organisation, Organisation.id == Batch.enterprise_id)
    query = _of_scope(query, scope)
    if scope.month is not None:
        query = query.where(Batch.produced_on >= scope.month, Batch.produced_on < _next_month(scope.month))
    return query


def _of_scope(query: Select[Any], scope: BalanceScope) -> Select[Any]:
    """Of a query over firms those of the scope; a platform's and a month's are told by their batches."""
    query = query.where(Organisation.kind == "enterprise")
    if scope.kind == "county":
        query = query.where(Organisation.county_code == scope.code)
    if scope.kind == "firm":
        query = query.where(Organisation.code == scope.code)
    return query


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _shipped(scope: BalanceScope) -> Select[Any]:
    """Containers on the road from a platform to a plant, of the scope."""
    query = (
        select(_key().label("batch"), Container.mass_g)
        .join(Batch, Batch.id == Container.batch_id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .where(Container.state == literal_column("'shipped'"))  # literally: the index is for these alone
    )
    query = _of_scope(query, scope)
    return query if _by_origin(scope) else query.where(_key().in_(_batches(scope)))


def _shipped_g(session: Session, scope: BalanceScope) -> int:
    rows = _shipped(scope).subquery()
    return int(session.scalar(select(func.coalesce(func.sum(rows.c.mass_g), 0))) or 0)


@dataclass(frozen=True)
class _Share:
    """Grams of a batch in a part because of a repacking; negative where a mixture is taken out."""

    batch: str
    part: str
    grams: int


def _mixed(session: Session, scope: BalanceScope) -> list[_Share]:
    """What was repacked, told of those who generated it: mixtures out, each origin's share in."""
    origins, batches = (_origins(scope), None) if _by_origin(scope) else (None, _batches(scope))
    mixtures, shares = ledger.mixtures(session, origins=origins, batches=batches)
    return [
        _Share(batch, _mixed_part(account, sign), sign * grams)
        for amounts, sign in ((mixtures, -1), (shares, 1))
        for batch, accounts in amounts.items()
        for account, grams in accounts.items()
        if grams and account.kind != "GEN"
    ]


def _mixed_part(account: Any, sign: int) -> str:
    """Mixtures are made at platforms: what moves of them goes to plants. The books alone say "road"."""
    part = _part_of(account.kind, account.place.partition(":")[0])
    return "transfer" if part == "road" and sign > 0 else part


def balance_rows(
    session: Session, *, actor: Actor, scope: BalanceScope, part: str
) -> tuple[Balance, list[BalanceRow]]:
    """The batches behind one number of the picture: their grams add up to it, to the gram.

    Raises NotFound, InvalidInput.
    """
    if part not in LISTED:
        raise InvalidInput("input.invalid", field="part")
    made = balance(session, actor=actor, scope=scope)
    grams = _grams(session, made.scope, part)
    return made, _named(session, grams)


def _grams(session: Session, scope: BalanceScope, part: str) -> dict[str, int]:
    """Grams of each batch in a part, mixtures told of those who generated them."""
    kinds, place_kind = PARTS[part]
    shipped: Counter[str] = Counter()
    found: Counter[str] = Counter()
    if part in ("road", "transfer"):
        for batch, mass_g in session.execute(_shipped(scope)):
            shipped[batch] += mass_g
    if part == "transfer":
        found.update(shipped)
    else:
        batches = _batches(scope)
        found.update(inquiries.grams_by_batch(session, batches, kinds=kinds, place_kind=place_kind))
        found.subtract(shipped)
    for share in _mixed(session, scope):
        if share.part == part:
            found[share.batch] += share.grams
    sign = -1 if part == "generated" else 1
    return {batch: sign * grams for batch, grams in found.items() if grams}


def _named(session: Session, grams: dict[str, int]) -> list[BalanceRow]:
    """The batches by what people call them, the newest first."""
    numbers = sorted({key.partition("/")[2] for key in grams})
    rows: list[BalanceRow] = []
    for start in range(0, len(numbers), 500):
        query = (
            select(Batch, Organisation)
            .join(Organisation, Organisation.id == Batch.enterprise_id)
            .where(Batch.batch_no.in_(numbers[start : start + 500]))
        )
        for batch, firm in session.execute(query):
            mass_g = grams.get(f"{firm.site}/{batch.batch_no}")
            if mass_g is not None:
                rows.append(
                    BalanceRow(
                        batch.id, batch.batch_no, firm.name, batch.waste_code, batch.internal_name,
                        batch.produced_on, mass_g,
                    )
                )  # fmt: skip
    return sorted(rows, key=lambda row: (row.produced_on, row.batch_no, row.firm), reverse=True)


def months(session: Session, *, actor: Actor, now: Any) -> list[date]:
    """The months in which something was generated, newest first, at most two years."""
    actor.require("county.view")
    first_on = session.scalar(select(func.min(Batch.produced_on)))
    month = calendar.on_date(now).replace(day=1)
    found: list[date] = []
    while first_on is not None and len(found) < 24 and _next_month(month) > first_on:
        found.append(month)
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return found
