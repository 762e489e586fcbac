"""What the demo came to, and whether its loop is closed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from .. import ledger
from ..db import Database
from ..domain import batch_lifecycle
from ..models.batches import Batch, Container
from ..models.lots import Lot
from ..models.manifests import Manifest
from ..models.organisations import Organisation
from ..models.requests import PickupRequest
from ..models.route_plans import Round, RoutePlan, Trip, UnassignedStop
from .day import DayReport

# Field of the report -> what it is, in both languages.
LINES = (
    ("firms", "产废单位", "firms"),
    ("platforms", "收集平台", "platforms"),
    ("batches_registered", "登记批次", "batches registered"),
    ("requests", "当日收运申请", "requests in the day's pool"),
    ("stops_planned", "已排站点", "stops planned"),
    ("stops_left_out", "未排站点", "stops left out"),
    ("rounds", "车次", "rounds"),
    ("trips", "趟次", "trips"),
    ("distance_km", "里程 km", "distance km"),
    ("containers_scanned", "扫码容器", "containers scanned"),
    ("collected_kg", "收运 kg", "collected kg"),
    ("received_kg", "入库 kg", "received kg"),
    ("refused_kg", "拒收 kg", "refused kg"),
    ("in_transit_kg", "在途 kg", "in transit kg"),
    ("in_storage_kg", "平台贮存 kg", "stored at platforms kg"),
    ("treated_kg", "累计利用处置 kg", "treated so far kg"),
    ("manifests", "联单", "manifests"),
    ("ledger_entries", "账本条目", "ledger entries"),
    ("ledger_verified", "账本核验", "ledger verified"),
    ("plan_violations", "计划违规", "plan violations"),
    ("open_cases_g", "待解释差异 g", "open differences g"),
    ("unexplained_g", "账实不符 g", "unexplained g"),
)


@dataclass(frozen=True)
class Loop:
    """Whether the loop is closed, and if not, why: sentences for the person at the terminal."""

    report: dict[str, Any]
    faults: tuple[str, ...]


def draw_up(
    database: Database,
    day: DayReport,
    *,
    on: date,
    held_trips: int,
    plan_violations: int,
    seconds: Mapping[str, float],
    settings: Mapping[str, Any],
) -> Loop:
    """The figures of the day and of the whole installation, and what stands against closing it."""
    with database.reading() as session:
        verified = ledger.verify(session)
        figures = _figures(session, day, on)
        figures["ledger_verified"] = verified.ok
        figures["plan_violations"] = plan_violations
        figures["seconds"] = dict(seconds)
        figures = dict(settings) | figures
        faults = [*_faults(session, figures, on, day.left_round, held_trips)]
        faults += [f"entry {problem.idx}: {problem.kind}" for problem in verified.problems[:5]]
    return Loop(figures, tuple(faults))


def _figures(session: Session, day: DayReport, on: date) -> dict[str, Any]:
    plan = session.get_one(RoutePlan, day.plan_id)
    left_out = session.execute(
        select(PickupRequest.request_no, UnassignedStop.reason)
        .join(PickupRequest, PickupRequest.id == UnassignedStop.request_id)
        .where(UnassignedStop.plan_id == plan.id)
        .order_by(PickupRequest.request_no)
    ).all()
    kg = _kilograms(session)
    tally = day.tally
    return {
        "firms": _count(session, Organisation.id, Organisation.kind == "enterprise"),
        "platforms": _count(session, Organisation.id, Organisation.kind == "platform"),
        "plants": _count(session, Organisation.id, Organisation.kind == "plant", Organisation.demo_flows),
        "batches_registered": _count(session, Batch.id),
        "requests": day.requests,
        "requests_ever": _count(session, PickupRequest.id),
        "stops_planned": plan.stops_planned,
        "stops_left_out": len(left_out),
        "stops_unassigned": [{"id": number, "reason": reason} for number, reason in left_out],
        "stops_done": tally.stops_done,
        "stops_missed": tally.stops_missed,
        "rounds": _count(
            session, Round.id, Round.service_on == on, Round.state.in_(("finished", "published"))
        ),
        "rounds_left_to_drive": 1 if day.left_round else 0,
        "trips": _count(session, Trip.id, Round.service_on == on, Trip.state != "cancelled", of=Trip.round),
        "distance_km": round(plan.distance_m / 1000, 1),
        "containers_scanned": tally.containers_scanned,
        "collected_kg": tally.collected_g / 1000,
        "received_kg": tally.received_g / 1000,
        "refused_kg": tally.refused_g / 1000,
        "generated_kg": kg["GEN"],
        "at_enterprises_kg": kg["ent"],
        "in_transit_kg": kg["TRANS"],
        "in_storage_kg": kg["plat"],
        "at_plants_kg": kg["plant"],
        "treated_kg": kg["DONE"],
        "unexplained_g": ledger.unexplained_g(session),
        "open_cases_g": sum(abs(case.mass_g) for case in ledger.open_cases(session)),
        "open_cases": len(ledger.open_cases(session)),
        "lots_shipped": day.lots_shipped,
        "lots_received": day.lots_received,
        "treatments": day.treatments,
        "requests_tomorrow": day.tomorrow,
        "manifests": _count(session, Manifest.id),
        "ledger_entries": ledger.size(session),
    }


def _count(session: Session, column: Any, *conditions: Any, of: Any = None) -> int:
    query = select(func.count(distinct(column)))
    if of is not None:
        query = query.join(of)
    return session.scalar(query.where(*conditions)) or 0


def _kilograms(session: Session) -> dict[str, float]:
    """Where the kilograms are by the books, from the roll-ups."""
    found = {key: 0 for key in ("GEN", "TRANS", "DONE", "ent", "plat", "plant")}
    for row in ledger.rollups(session):
        if row.kind == "STOCK":
            key = row.place.partition(":")[0]
            found[key] = found.get(key, 0) + row.balance_g
        elif row.kind in found:
            found[row.kind] += -row.balance_g if row.kind == "GEN" else row.balance_g
    return {key: grams / 1000 for key, grams in found.items()}


def _faults(
    session: Session, figures: Mapping[str, Any], on: date, left_round: str, held_trips: int
) -> list[str]:
    """Everything that is still open although the day is over."""
    open_things = (
        ("rounds under way", _count(session, Round.id, Round.state == "under_way")),
        (
            "rounds not driven",
            _count(session, Round.id, Round.state == "published", Round.round_no != left_round),
        ),
        ("trips not weighed in", _count(session, Trip.id, Trip.state == "arrived") - held_trips),
        ("trips on the road", _count(session, Trip.id, Trip.state == "under_way")),
        ("lots on the road", _count(session, Lot.id, Lot.state == "shipped")),
        (
            "refused containers not returned",
            _count(session, Container.id, Container.state == "refused_on_arrival"),
        ),
        ("unexplained grams", figures["unexplained_g"]),
        ("plan violations", figures["plan_violations"]),
        ("containers whose mass differs from the books", _differing(session)),
    )
    return [f"{name}: {number}" for name, number in open_things if number]


def _differing(session: Session) -> int:
    """Containers whose mass on record is not what the ledger's books hold for their label."""
    query = select(Container.label_code, Container.mass_g).where(
        Container.state.not_in(sorted(batch_lifecycle.CLOSED))
    )
    masses = {label: mass_g for label, mass_g in session.execute(query)}
    states = ledger.label_states(session, masses)
    return sum(1 for label, mass_g in masses.items() if states[label].mass_g != mass_g)


def write(report: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def show(report: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """The table for the terminal, in Chinese and English."""
    for key, zh, en in LINES:
        value = report[key]
        shown = ("是 yes" if value else "否 NO") if isinstance(value, bool) else f"{value:,}"
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in zh)
        say(f"  {zh}{' ' * (18 - wide)}{en:26}{shown:>16}")
