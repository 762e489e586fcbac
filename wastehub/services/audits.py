"""What a regulator asks: the chain of a batch, the kilograms of a county, what is overdue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from .. import ledger
from ..domain import batch_lifecycle, calendar, reasons, texts
from ..domain.actors import Actor
from ..domain.errors import InvalidInput, NotFound
from ..models import organisations, reference
from ..models.batches import Batch, Container, batch_key
from ..models.lots import Lot, LotItem, Treatment, TreatmentLine
from ..models.manifests import Manifest
from ..models.organisations import Contract, Organisation
from ..models.paging import matching
from ..models.reference import Area, WasteCode
from ..models.requests import PickupRequest
from ..models.route_plans import Stop

NOTE_LONGEST = 300


# --- the chain of one batch ------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Trace:
    """The whole life of a batch: what it is, where it is, every act, every paper."""

    batch: Batch
    enterprise: Organisation
    waste: WasteCode
    containers: list[Container]
    holders: dict[UUID, Organisation]
    entries: list[ledger.Entry]
    fate: Fate
    manifests: list[Manifest]
    lots: list[Lot]
    treatments: list[tuple[Treatment, int]]
    cases: list[ledger.OpenCase]


def trace(session: Session, *, actor: Actor, batch_id: UUID) -> Trace:
    """The chain of a batch from generation to its end. Raises NotFound.

    An enterprise sees its own batches, a platform or plant those whose containers it has handled, a
    regulator those of its county.
    """
    actor.require("audit.trace")
    query = (
        select(Batch)
        .where(Batch.id == batch_id)
        .options(joinedload(Batch.enterprise), selectinload(Batch.containers))
    )
    batch = session.scalar(query)
    if batch is None:
        raise NotFound("object.not_found")
    key = batch_key(batch.enterprise, batch)
    entries = ledger.entries_for(session, batch=key)
    _require_may_see(actor, batch, entries, session)
    papers = _manifests(session, batch)
    return Trace(
        batch=batch,
        enterprise=batch.enterprise,
        waste=reference.waste_code(session, batch.waste_code),
        containers=batch.containers,
        holders=organisations.organisations_by_id(
            session, [c.holder_id for c in batch.containers if c.holder_id is not None]
        ),
        entries=entries,
        fate=_fate(session, [key]),
        manifests=papers,
        lots=_lots(session, batch),
        treatments=_treatments(session, batch),
        cases=ledger.open_cases(session, batch=key),
    )


def _require_may_see(
    actor: Actor, batch: Batch, entries: Sequence[ledger.Entry], session: Session
) -> None:
    if actor.role == "admin" or actor.organisation_id == batch.enterprise_id:
        return
    if actor.role == "regulator":
        if actor.county_code in (None, batch.enterprise.county_code):
            return
    elif actor.organisation_id is not None:
        own = session.get(Organisation, actor.organisation_id)
        if own is not None and any(entry.event.site == own.site for entry in entries):
            return
        lines = (line for entry in entries for line in entry.event.lines)
        if own is not None and any(own.site in (line.place, line.to_place) for line in lines):
            return
    raise NotFound("object.not_found")


def _manifests(session: Session, batch: Batch) -> list[Manifest]:
    """Manifests that carried containers of the batch: by stop of their request, by their lots."""
    ids = [c.id for c in batch.containers]
    stops = select(Stop.id).where(
        Stop.trip_id.in_([c.trip_id for c in batch.containers if c.trip_id]),
        Stop.request_id.in_([c.request_id for c in batch.containers if c.request_id]),
    )
    lots = select(LotItem.lot_id).where(LotItem.container_id.in_(ids), LotItem.unpacked_at.is_(None))
    query = (
        select(Manifest)
        .where(Manifest.stop_id.in_(stops) | Manifest.lot_id.in_(lots), Manifest.state != "void")
        .options(
            joinedload(Manifest.mover_out), joinedload(Manifest.acceptor), selectinload(Manifest.lines)
        )
        .order_by(Manifest.opened_at)
    )
    return list(session.scalars(query))


def _lots(session: Session, batch: Batch) -> list[Lot]:
    query = (
        select(Lot)
        .where(
            Lot.id.in_(
                select(LotItem.lot_id).where(
                    LotItem.container_id.in_([c.id for c in batch.containers]), LotItem.unpacked_at.is_(None)
                )
            )
        )
        .options(joinedload(Lot.platform), joinedload(Lot.plant))
        .order_by(Lot.opened_at)
    )
    return list(session.scalars(query))


def _treatments(session: Session, batch: Batch) -> list[tuple[Treatment, int]]:
    query = (
        select(Treatment, func.sum(TreatmentLine.mass_g))
        .join(TreatmentLine, TreatmentLine.treatment_id == Treatment.id)
        .where(TreatmentLine.container_id.in_([c.id for c in batch.containers]))
        .options(joinedload(Treatment.plant))
        .group_by(Treatment.id)
        .order_by(Treatment.treated_at)
    )
    return [(treatment, int(mass_g)) for treatment, mass_g in session.execute(query)]


def _fate(session: Session, batches: Sequence[str]) -> Fate:
    """The books of some batches, by where the grams are."""
    made = Fate()
    for account in ledger.balances(session, batch=list(batches)):
        _book(made, account)
    return made


def _book(fate: Fate, account: ledger.Balance) -> None:
    grams = account.balance_g
    if account.kind == "GEN":
        fate.generated_g -= grams
    elif account.kind == "STOCK":
        name = {"ent": "enterprise_g", "plat": "platform_g", "plant": "plant_g"}[account.place.split(":")[0]]
        setattr(fate, name, getattr(fate, name) + grams)
    elif account.kind == "TRANS":
        fate.road_g += grams
    elif account.kind == "DONE":
        fate.treated_g += grams
    elif account.kind in ("LOSS", "SPILL"):
        fate.lost_g += grams
    elif account.kind == "TOL":
        fate.tolerance_g += grams
    else:
        assert account.kind == "SUSP", account.kind
        fate.open_cases_g += grams


# --- the kilograms of the counties -----------------------------------------------------------------


@dataclass(frozen=True)
class CountyBalance:
    """A county's waste by origin: what its firms generated, and where that is now."""

    area: Area
    firms: int
    fate: Fate


def county_balances(session: Session, *, actor: Actor) -> list[CountyBalance]:
    """Kilograms by county of origin, from the books. A county's regulator sees that county."""
    actor.require("county.view")
    counties = list(session.scalars(select(Area).where(Area.level == "county").order_by(Area.code)))
    query = select(Organisation.code, Organisation.county_code).where(Organisation.kind == "enterprise")
    county_of = {f"ent:{code}": county for code, county in session.execute(query)}
    fates: dict[str | None, Fate] = defaultdict(Fate)
    for account in ledger.balances(session):
        _book(fates[county_of.get(account.batch.partition("/")[0])], account)
    firms: dict[str | None, int] = defaultdict(int)
    for county in county_of.values():
        firms[county] += 1
    return [
        CountyBalance(area, firms[area.code], fates[area.code])
        for area in counties
        if actor.county_code in (None, area.code)
    ]


# --- what is open too long -------------------------------------------------------------------------


@dataclass(frozen=True)
class OverdueRow:
    """One open loop. `kind`: enterprise_storage, platform_storage, manifest, request, case."""

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


@dataclass
class _Deadlines:
    session: Session
    today: date
    limits: dict[str, int]
    county_code: str | None
    rows: list[OverdueRow] = field(default_factory=list)

    def scoped(self, query: Any, unit: Any) -> Any:
        return query.where(unit.county_code == self.county_code) if self.county_code else query


def overdue(session: Session, *, actor: Actor, now: datetime) -> list[OverdueRow]:
    """Open loops that are late or will be soon, the most pressing first (S6, F87)."""
    actor.require("county.view")
    today = calendar.on_date(now)
    desk = _Deadlines(session, today, reference.legal_limits(session, today), actor.county_code)
    for look in (_stored_too_long, _unconfirmed, _unfetched, _unresolved):
        look(desk)
    return sorted(desk.rows, key=lambda row: (row.due_on, row.subject))


def _stored_too_long(desk: _Deadlines) -> None:
    """Waste at enterprises and platforms from its warning day on, one row per batch and holder."""
    for kind, states, warn, limit in (
        ("enterprise_storage", batch_lifecycle.AT_ENTERPRISE, "enterprise_storage_warn_days",
         "enterprise_storage_limit_days"),
        ("platform_storage", batch_lifecycle.AT_PLATFORM, "platform_warn_days", "licensed_storage_max_days"),
    ):  # fmt: skip
        before = desk.today - timedelta(days=desk.limits[warn])
        query = (
            select(
                Batch.id, Batch.batch_no, Organisation, func.min(Container.stored_since_on),
                func.sum(Container.mass_g),
            )
            .join(Container, Container.batch_id == Batch.id)
            .join(Organisation, Organisation.id == Container.holder_id)
            .where(Container.state.in_(states), Container.stored_since_on <= before)
            .group_by(Batch.id, Organisation.id)
        )  # fmt: skip
        for batch_id, number, unit, since_on, mass_g in desk.session.execute(desk.scoped(query, Organisation)):
            due_on = since_on + timedelta(days=desk.limits[limit])
            desk.rows.append(
                OverdueRow(kind, number, unit, since_on, due_on, int(mass_g), due_on < desk.today, batch_id)
            )


def _unconfirmed(desk: _Deadlines) -> None:
    """Manifests that arrived and wait for the acceptor (Order 23, Art. 18)."""
    query = (
        select(Manifest, Organisation)
        .join(Organisation, Organisation.id == Manifest.acceptor_id)
        .where(Manifest.state.in_(("arrived", "discrepancy")))
        .options(selectinload(Manifest.lines))
    )
    for paper, unit in desk.session.execute(desk.scoped(query, Organisation)):
        assert paper.arrived_at is not None and paper.confirm_due_on is not None
        mass_g = sum(line.loaded_g or 0 for line in paper.lines)
        since_on = calendar.on_date(paper.arrived_at)
        late = paper.confirm_due_on < desk.today
        desk.rows.append(
            OverdueRow(
                "manifest", paper.number, unit, since_on, paper.confirm_due_on, mass_g, late,
                manifest_id=paper.id,
            )
        )  # fmt: skip


def _unfetched(desk: _Deadlines) -> None:
    """Pickup requests from three days before their due day on."""
    query = (
        select(PickupRequest, Organisation)
        .join(Organisation, Organisation.id == PickupRequest.enterprise_id)
        .where(
            PickupRequest.state.in_(("open", "scheduled")),
            PickupRequest.due_on <= desk.today + timedelta(days=3),
        )
    )
    for row, unit in desk.session.execute(desk.scoped(query, Organisation)):
        since_on = calendar.on_date(row.placed_at)
        late = row.due_on < desk.today
        desk.rows.append(
            OverdueRow("request", row.request_no, unit, since_on, row.due_on, None, late, request_id=row.id)
        )


def _unresolved(desk: _Deadlines) -> None:
    """Weighing differences that nobody has explained yet."""
    for row in _cases(desk.session, desk.county_code):
        due_on = row.case.due_on or desk.today
        desk.rows.append(
            OverdueRow(
                "case", row.case.label[-11:], row.unit, row.opened_on, due_on, row.case.mass_g,
                due_on < desk.today, row.batch_id,
            )
        )  # fmt: skip


# --- differences -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseRow:
    """An open weighing difference with what people call the things it is about."""

    case: ledger.OpenCase
    unit: Organisation
    origin: Organisation
    batch_no: str
    batch_id: UUID
    opened_on: date


def open_cases(session: Session, *, actor: Actor) -> list[CaseRow]:
    """Differences beyond tolerance that are still open: one's own, or one's county's."""
    actor.require("case.view")
    rows = _cases(session, actor.county_code if actor.role == "regulator" else None)
    if actor.role in ("regulator", "admin"):
        return rows
    return [row for row in rows if actor.organisation_id in (row.unit.id, row.origin.id)]


def _cases(session: Session, county_code: str | None) -> list[CaseRow]:
    found = ledger.open_cases(session)
    sites = {case.place for case in found} | {case.batch.partition("/")[0] for case in found}
    units = _units_by_site(session, sites)
    labels = [case.label for case in found]
    batches: dict[str, Batch] = {}
    for start in range(0, len(labels), 500):
        query = (
            select(Container.label_code, Batch)
            .join(Batch, Batch.id == Container.batch_id)
            .where(Container.label_code.in_(labels[start : start + 500]))
        )
        batches.update({label: batch for label, batch in session.execute(query)})
    opened = ledger.recorded_at(session, [case.opened_idx for case in found])
    rows = []
    for case in found:
        origin = units[case.batch.partition("/")[0]]
        if county_code in (None, origin.county_code):
            batch = batches[case.label]
            opened_on = calendar.on_date(opened[case.opened_idx])
            rows.append(CaseRow(case, units[case.place], origin, batch.batch_no, batch.id, opened_on))
    return rows


def _units_by_site(session: Session, sites: set[str]) -> dict[str, Organisation]:
    codes = sorted({site.partition(":")[2] for site in sites})
    found: dict[str, Organisation] = {}
    for start in range(0, len(codes), 500):
        query = select(Organisation).where(Organisation.code.in_(codes[start : start + 500]))
        found.update({unit.site: unit for unit in session.scalars(query)})
    return found


RESOLVED_INTO: dict[str, str] = {"loss": "LOSS", "spill": "SPILL"}


def resolve_case(
    session: Session, *, actor: Actor, case_key: str, reason: str, note: str, now: datetime
) -> None:
    """Close a difference with a reason of reasons.RESOLUTION: the grams leave suspense.

    Raises NotFound, InvalidInput (reason.*, case.surplus_is_no_loss). Source: Order 23, Art. 18.
    """
    actor.require("case.resolve")
    row = next((r for r in open_cases(session, actor=actor) if r.case.key == case_key), None)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.unit.id)
    why = texts.clean(note, field="note", longest=NOTE_LONGEST)
    reasons.require("resolution", reason, note=why, photos=1)
    into = RESOLVED_INTO.get(reason, "TOL")
    if row.case.mass_g < 0 and into != "TOL":
        raise InvalidInput("case.surplus_is_no_loss", field="reason")
    event = ledger.Event(
        type="case.resolved",
        author=actor.author,
        site=row.unit.site,
        at=now,
        subject=case_key,
        lines=(ledger.Line(label=row.case.label, batch=row.case.batch, code=row.case.code),),
        facts={"case": case_key, "to": into, "reason": reason, "note": why, "mass_g": abs(row.case.mass_g)},
    )
    for receipt in ledger.append(session, [event], now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"


# --- searching and verifying -----------------------------------------------------------------------


def search_batches(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    county: str = "",
    code: str = "",
    state: str = "",
    **page: Any,
) -> tuple[list[Any], int, dict[str, int]]:
    """Batches by number, label, firm or code: rows of (Batch, Organisation, mass_g, containers)."""
    actor.require("county.view")
    mass_g = func.sum(Container.mass_g)
    query = (
        select(Batch, Organisation, mass_g.label("mass_g"), func.count(Container.id).label("containers"))
        .join(Container, Container.batch_id == Batch.id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .group_by(Batch.id, Organisation.id)
    )
    if actor.county_code or county:
        query = query.where(Organisation.county_code == (actor.county_code or county))
    if text:
        labelled = select(Container.batch_id).where(Container.label_code.contains(text.upper(), autoescape=True))
        query = query.where(
            matching(text, Batch.batch_no, Organisation.name, Organisation.code) | Batch.id.in_(labelled)
        )
    if code:
        query = query.where(Batch.waste_code == code)
    if state:
        query = query.where(Container.state.in_(STATE_GROUPS[state]))
    return _page_of_groups(session, query, **page)


STATE_GROUPS = {
    "enterprise": batch_lifecycle.AT_ENTERPRISE,
    "road": batch_lifecycle.ON_THE_ROAD,
    "platform": batch_lifecycle.AT_PLATFORM,
    "plant": batch_lifecycle.AT_PLANT,
    "treated": frozenset({"treated"}),
}


def _page_of_groups(
    session: Session, query: Any, *, sort: str, descending: bool, limit: int, offset: int
) -> tuple[list[Any], int, dict[str, int]]:
    inner = query.order_by(None).subquery()
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(inner.c.mass_g), 0)).select_from(inner)
    ).one()
    order: dict[str, Any] = {
        "batch_no": Batch.batch_no,
        "produced_on": Batch.produced_on,
        "enterprise": Organisation.name,
        "mass_g": func.sum(Container.mass_g),
    }
    key = order[sort]
    query = query.order_by(key.desc() if descending else key.asc(), Batch.id)
    return list(session.execute(query.limit(limit).offset(offset))), int(count), {"mass_g": int(total)}


def ledger_page(
    session: Session, *, actor: Actor, text: str = "", before_idx: int | None = None, limit: int = 50
) -> list[ledger.Entry]:
    """Entries of the log, newest first: of one site, subject or label, or all.

    An enterprise, platform or plant sees the entries of its own site.
    """
    actor.require("ledger.view")
    site = None
    if actor.role not in ("regulator", "admin"):
        own = session.get(Organisation, actor.organisation_id)
        if own is None:
            raise NotFound("object.not_found")
        site = own.site
    return ledger.latest(session, text=text.strip(), site=site, before_idx=before_idx, limit=limit)


def ledger_entry(session: Session, *, actor: Actor, idx: int) -> ledger.Entry:
    """One entry, if the actor may see its site. Raises NotFound."""
    found = next(
        (entry for entry in ledger_page(session, actor=actor, before_idx=idx + 1, limit=1) if entry.idx == idx),
        None,
    )
    if found is None:
        raise NotFound("object.not_found")
    return found


def verify_ledger(session: Session, *, actor: Actor, signature_every: int = 1) -> ledger.VerifyReport:
    """Walk the whole log and re-derive the books; every n-th signature is checked too."""
    actor.require("ledger.verify")
    return ledger.verify(session, signature_every=signature_every)


# --- one firm --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirmView:
    """A firm as an inspector sees it: its kilograms, its batches, what is late."""

    firm: Organisation
    fate: Fate
    batches: list[Any]
    late: list[OverdueRow]
    contracts: list[Contract]


def firm_view(session: Session, *, actor: Actor, organisation_id: UUID, now: datetime) -> FirmView:
    """One enterprise of the regulator's area. Raises NotFound."""
    actor.require("county.view")
    firm = session.get(Organisation, organisation_id)
    if firm is None or firm.kind != "enterprise" or actor.county_code not in (None, firm.county_code):
        raise NotFound("object.not_found")
    numbers = session.scalars(select(Batch.batch_no).where(Batch.enterprise_id == firm.id))
    fate = _fate(session, [f"{firm.site}/{number}" for number in numbers])
    rows, _count, _sums = search_batches(
        session, actor=actor, text=firm.code, sort="produced_on", descending=True, limit=100, offset=0
    )
    late = [row for row in overdue(session, actor=actor, now=now) if row.unit is not None and row.unit.id == firm.id]
    contracts = select(Contract).where(Contract.enterprise_id == firm.id).order_by(Contract.valid_from_on)
    return FirmView(firm, fate, rows, late, list(session.scalars(contracts)))
