"""What the tables say about a line beyond its mass: names, containers, places, people, acceptors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ...domain import permits as permit_rules
from ...domain.permits import PermitView
from ...models import organisations, permits, reference
from ...models.batches import Batch, Container
from ...models.filings import StatutoryProfile
from ...models.lots import Lot
from ...models.organisations import Organisation
from ...models.receptions import Reception
from ...models.reference import Area, MethodCode, Region, WasteCode
from ...models.route_plans import Round, Trip
from ...models.users import User
from ...models.vehicles import CrewMember
from .lines import UnitBook, UnitLine

# 贮存设施类型 of GB 18597-2023 by the kind of store that a firm enrolled with.
STORE_TYPES: Mapping[str, str] = {"point": "贮存点", "store": "贮存库"}
FORM_NAMES: Mapping[str, str] = {
    "liquid": "液态", "solid": "固态", "sludge": "泥态", "semi_solid": "半固态", "gas": "气态",
}  # fmt: skip
# Facility codes are the unit's own (HJ 608): until it has entered them, these stand in.
DEFAULT_GENERATING, DEFAULT_STORAGE, DEFAULT_TREATMENT = "MF0001", "TS001", "TS002"
FEW = 100  # names that one query may list beside the numbers it asks for
Key = TypeVar("Key")


@dataclass(frozen=True)
class Acceptor:
    """Who took what left the unit, and what it does with it. `method` empty: it only collects."""

    unit: Organisation | None
    method: str = ""
    driver: str = ""


@dataclass
class Facts:
    """Everything looked up once for a set of lines."""

    unit: Organisation
    profile: StatutoryProfile
    wastes: Mapping[str, WasteCode]
    methods: Mapping[str, MethodCode]
    types: Mapping[str, str]
    type_names: Mapping[str, tuple[str, str]]
    people: Mapping[str, str]
    acceptors: Mapping[str, Acceptor]
    carriers: Mapping[str, str]
    licences: Mapping[UUID, list[PermitView]]
    batches: Mapping[str, Batch]
    provinces: Mapping[UUID, str] = field(default_factory=dict)

    def waste(self, line: UnitLine) -> tuple[str, str, str, str]:
        """Internal and catalogue name, category, code."""
        row = self.wastes.get(line.code)
        catalogue = row.name_zh if row else ""
        return self.internal_name(line) or catalogue, catalogue, f"HW{line.code[-2:]}", line.code

    def internal_name(self, line: UnitLine) -> str:
        told = line.line.event.facts.get("internal_name")
        batch = self.batches.get(line.line.batch)
        return str(told or (batch.internal_name if batch else ""))

    def container(self, line: UnitLine) -> tuple[str, str, int]:
        """Code, type and number of the container."""
        code = self.types.get(line.line.label, "")
        return line.line.label, self.type_names.get(code, (code, ""))[0], 1

    def person(self, line: UnitLine) -> str:
        return self.people.get(line.line.event.author, "")

    def acceptor(self, line: UnitLine) -> Acceptor:
        return self.acceptors.get(line.line.event.subject, Acceptor(None))

    def licence(self, unit: Organisation | None, code: str, on: date) -> str:
        """The number of the licence under which a unit took a code; what it had, if none covered it."""
        held = self.licences.get(unit.id, []) if unit else []
        naming = [each for each in held if permit_rules.names_waste(each, code)]
        valid = [each for each in naming if permit_rules.in_force(each, on)]
        return next((each.number for each in (*valid, *naming, *held)), "")

    @property
    def storage_code(self) -> str:
        return self.profile.storage_code or DEFAULT_STORAGE

    @property
    def storage_type(self) -> str:
        return self.profile.storage_type or STORE_TYPES.get(self.unit.storage_kind, "贮存库")


def profile_of(session: Session, unit: Organisation) -> StatutoryProfile:
    """What the unit has entered; an empty form when it has not yet."""
    found = session.get(StatutoryProfile, unit.id)
    names = [column.key for column in StatutoryProfile.__table__.columns if column.key not in _KEPT]
    empty: dict[str, Any] = {name: None if name.endswith("_g") else "" for name in names}
    return found or StatutoryProfile(organisation_id=unit.id, **empty)


_KEPT = frozenset(("organisation_id", "version", "changed_at"))


def look_up(session: Session, book: UnitBook, lines: Iterable[UnitLine]) -> Facts:
    """All that the tables will ask about these lines."""
    chosen = list(lines)
    subjects = {each.line.event.subject for each in chosen}
    rounds, lots = _rounds(session, subjects), _lots(session, book.unit, subjects)
    acceptors = _acceptors(session, rounds, lots)
    units = {acceptor.unit.id: acceptor.unit for acceptor in acceptors.values() if acceptor.unit}
    return Facts(
        unit=book.unit,
        profile=profile_of(session, book.unit),
        wastes=_wastes(session, {each.code for each in chosen}),
        methods=reference.method_codes(session),
        types=_types(session, {each.line.label for each in chosen}),
        type_names=reference.container_type_names(session),
        people=_people(session, {each.line.event.author for each in chosen}),
        acceptors=acceptors,
        carriers=_carriers(session, subjects) | {key: each.driver for key, each in acceptors.items()},
        licences=permits.permits_of(session, list(units)),
        batches=_batches(session, {each.line.batch for each in chosen}),
        provinces=_provinces(session, units),
    )


def in_parts(session: Session, values: Iterable[Key], query: Any, column: Any) -> Iterable[Any]:
    """The rows of a query whose column is one of the values: databases bound the number of parameters."""
    wanted = sorted(values)  # type: ignore[type-var]
    for start in range(0, len(wanted), 500):
        yield from session.execute(query.where(column.in_(wanted[start : start + 500])))


def _wastes(session: Session, codes: set[str]) -> dict[str, WasteCode]:
    return {row.code: row for (row,) in in_parts(session, codes, select(WasteCode), WasteCode.code)}


def _types(session: Session, labels: set[str]) -> dict[str, str]:
    query = select(Container.label_code, Container.container_type)
    return dict(tuple(row) for row in in_parts(session, labels, query, Container.label_code))


def _batches(session: Session, keys: set[str]) -> dict[str, Batch]:
    """Batches by their name in the ledger."""
    numbers = {key.rpartition("/")[2] for key in keys}
    query = select(Batch, Organisation).join(Organisation, Organisation.id == Batch.enterprise_id)
    codes = {key.rpartition("/")[0].partition(":")[2] for key in keys}
    if len(codes) <= FEW:  # a number is unique within its unit only: thousands of firms have the same ones
        query = query.where(Organisation.code.in_(codes))
    found = {
        f"{unit.site}/{batch.batch_no}": batch
        for batch, unit in in_parts(session, numbers, query, Batch.batch_no)
    }
    return {key: found[key] for key in keys & found.keys()}


def _people(session: Session, authors: set[str]) -> dict[str, str]:
    ids = {}
    for author in authors:
        kind, _, key = author.partition(":")
        try:
            if kind == "user":
                ids[UUID(key)] = author
        except ValueError:
            continue
    query: Select[UUID, str] = select(User.id, User.display_name)
    return {ids[key]: name for key, name in in_parts(session, ids, query, User.id)}


def _rounds(session: Session, subjects: set[str]) -> dict[str, tuple[UUID, UUID | None]]:
    query = select(Round.round_no, Round.platform_id, Round.driver_id)
    rows = in_parts(session, subjects, query, Round.round_no)
    return {number: (platform, driver) for number, platform, driver in rows}


def _lots(session: Session, unit: Organisation, subjects: set[str]) -> dict[str, Lot]:
    query = select(Lot).where(Lot.platform_id == unit.id)
    return {row.lot_no: row for (row,) in in_parts(session, subjects, query, Lot.lot_no)}


def _acceptors(
    session: Session, rounds: Mapping[str, tuple[UUID, UUID | None]], lots: Mapping[str, Lot]
) -> dict[str, Acceptor]:
    ids = {platform for platform, _ in rounds.values()} | {lot.plant_id for lot in lots.values()}
    units = organisations.organisations_by_id(session, ids)
    drivers = {driver for _, driver in rounds.values() if driver}
    drivers |= {lot.driver_id for lot in lots.values() if lot.driver_id}
    names = _drivers(session, drivers)
    found = {
        number: Acceptor(units.get(platform), driver=names.get(driver, "") if driver else "")
        for number, (platform, driver) in rounds.items()
    }
    for number, lot in lots.items():
        driver = names.get(lot.driver_id, "") if lot.driver_id else ""
        found[number] = Acceptor(units.get(lot.plant_id), lot.planned_method, driver)
    return found


def _drivers(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    rows = in_parts(session, ids, select(CrewMember.id, CrewMember.name), CrewMember.id)
    return dict(tuple(row) for row in rows)


def _carriers(session: Session, subjects: set[str]) -> dict[str, str]:
    """Who drove what a reception took in: by its number."""
    by_trip = (
        select(Reception.reception_no, CrewMember.name)
        .join(Trip, Trip.id == Reception.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(CrewMember, CrewMember.id == Round.driver_id)
    )
    by_lot = (
        select(Reception.reception_no, CrewMember.name)
        .join(Lot, Lot.id == Reception.lot_id)
        .join(CrewMember, CrewMember.id == Lot.driver_id)
    )
    found: dict[str, str] = {}
    for query in (by_trip, by_lot):
        rows = in_parts(session, subjects, query, Reception.reception_no)
        found |= dict(tuple(row) for row in rows)
    return found


def _provinces(session: Session, units: Mapping[UUID, Organisation]) -> dict[UUID, str]:
    """The province of each unit, by the region that its county belongs to."""
    query = select(Area.code, Region.province_code).join(Region, Region.code == Area.region_code)
    codes = {unit.county_code for unit in units.values() if unit.county_code}
    found = dict(tuple(row) for row in in_parts(session, codes, query, Area.code))
    return {key: PROVINCES.get(found.get(unit.county_code, ""), "") for key, unit in units.items()}


# GB/T 2260, first two digits.
PROVINCES: Mapping[str, str] = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省",
    "22": "吉林省", "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省",
    "35": "福建省", "36": "江西省", "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省",
    "44": "广东省", "45": "广西壮族自治区", "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省",
    "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省", "63": "青海省",
    "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
}  # fmt: skip
