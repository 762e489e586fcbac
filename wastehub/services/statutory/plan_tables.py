"""Management plan 危险废物管理计划: tables A.1 to A.7 by class of unit, from facts that are there already.

Source: HJ 1259-2022, clause 5 and Annex A.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain.statutory import tables
from ...domain.statutory.sheets import Cell, Sheet
from ...models import organisations, permits, reference
from ...models.batches import Batch, Container
from ...models.filings import PlanLineDetail, StatutoryProfile
from ...models.organisations import ManagementPlan, Organisation, PlanLine
from ...models.reference import Area, Industry, WasteCode
from ...models.zones import Zone
from . import access
from .facts import (
    DEFAULT_GENERATING,
    DEFAULT_STORAGE,
    DEFAULT_TREATMENT,
    FORM_NAMES,
    STORE_TYPES,
    in_parts,
    profile_of,
)
from .lines import UnitBook

CLASS_NAMES: Mapping[str, str] = {
    "key": "危险废物环境重点监管单位",
    "simplified": "危险废物简化管理单位",
    "registration": "危险废物登记管理单位",
}


@dataclass(frozen=True)
class Nature:
    """What a unit's waste of one code is: by its newest batch, its plan, else by the catalogue."""

    code: str
    internal_name: str
    catalogue_name: str
    harmful_components: str
    form: str
    hazards: str

    @property
    def waste_cells(self) -> tuple[Cell, ...]:
        internal = self.internal_name or self.catalogue_name
        return internal, self.catalogue_name, f"HW{self.code[-2:]}", self.code

    @property
    def nature_cells(self) -> tuple[Cell, ...]:
        return self.harmful_components, self.form, self.hazards


def natures(session: Session, book: UnitBook, codes: set[str], year: int) -> dict[str, Nature]:
    """The nature of each code of a unit."""
    return natures_of(session, book.unit, codes, year, _newest_batches(session, book.unit, codes, book))


def natures_of(
    session: Session, unit: Organisation, codes: set[str], year: int, newest: Mapping[str, Batch]
) -> dict[str, Nature]:
    wastes = {row.code: row for (row,) in in_parts(session, codes, select(WasteCode), WasteCode.code)}
    plan = organisations.plans_of(session, enterprise_ids=[unit.id], year=year).get(unit.id)
    planned = {line.waste_code: line for line in plan.lines} if plan else {}
    details = _details(session, list(planned.values()))
    found = {}
    for code in codes:
        batch, waste, line = newest.get(code), wastes.get(code), planned.get(code)
        detail = details.get(line.id) if line else None
        own = line.internal_name if line else ""
        form = batch.form if batch else waste.typical_form if waste else ""
        found[code] = Nature(
            code=code,
            internal_name=own or (batch.internal_name if batch and unit.kind == "enterprise" else ""),
            catalogue_name=waste.name_zh if waste else "",
            harmful_components=(detail.harmful_components if detail else "")
            or (batch.harmful_components or batch.main_components if batch else ""),
            form=FORM_NAMES.get(form, form),
            hazards=(batch.hazards if batch else waste.hazards if waste else "").replace("/", "，"),
        )
    return found


def _newest_batches(
    session: Session, unit: Organisation, codes: set[str], book: UnitBook | None = None
) -> dict[str, Batch]:
    """The newest batch of each code: of the unit's own, or of those it received."""
    if unit.kind == "enterprise":
        newest = (
            select(Batch.waste_code, func.max(Batch.produced_on).label("on"))
            .where(Batch.enterprise_id == unit.id)
            .group_by(Batch.waste_code)
            .subquery()
        )
        same = (Batch.waste_code == newest.c.waste_code) & (Batch.produced_on == newest.c.on)
        query = select(Batch).join(newest, same).where(Batch.enterprise_id == unit.id)
        return {row.waste_code: row for row in session.scalars(query.order_by(Batch.batch_no))}
    labels = {each.code: each.line.label for each in book.lines if each.code in codes} if book else {}
    labelled = select(Batch, Container.label_code).join(Container, Container.batch_id == Batch.id)
    rows = in_parts(session, set(labels.values()), labelled, Container.label_code)
    return {batch.waste_code: batch for batch, _ in rows}


def _details(session: Session, lines: Sequence[PlanLine]) -> dict[UUID, PlanLineDetail]:
    query = select(PlanLineDetail).where(PlanLineDetail.plan_line_id.in_([line.id for line in lines]))
    return {row.plan_line_id: row for row in session.scalars(query)}


@dataclass(frozen=True)
class PlanView:
    """A plan of one year with its tables. `lines`: each transfer line with what was added to it."""

    unit: Organisation
    year: int
    plan: ManagementPlan | None
    profile: StatutoryProfile
    management_class: str
    sheets: tuple[Sheet, ...]
    lines: list[tuple[PlanLine, PlanLineDetail | None]]
    names: Mapping[str, str]


def plan_view(session: Session, *, unit: Organisation, year: int, on: date) -> PlanView:
    """The plan tables that the class of the unit asks for (5.2), pre-filled."""
    plan = organisations.plans_of(session, enterprise_ids=[unit.id], year=year).get(unit.id)
    lines = list(plan.lines) if plan else []
    details = _details(session, lines)
    profile = profile_of(session, unit)
    codes = {line.waste_code for line in lines}
    nature = natures_of(session, unit, codes, year, _newest_batches(session, unit, codes))
    made = _Tables(session, unit, profile, lines, details, nature, on)
    management_class = access.class_of(unit)
    wanted = tables.PLAN_TABLES[management_class]  # type: ignore[index]
    return PlanView(
        unit=unit,
        year=year,
        plan=plan,
        profile=profile,
        management_class=management_class,
        sheets=tuple(made.sheet(sheet) for sheet in tables.PLAN if sheet.code in wanted),
        lines=[(line, details.get(line.id)) for line in lines],
        names={code: str(each.waste_cells[0]) for code, each in nature.items()},
    )


class _Tables:
    def __init__(
        self,
        session: Session,
        unit: Organisation,
        profile: StatutoryProfile,
        lines: Sequence[PlanLine],
        details: Mapping[UUID, PlanLineDetail],
        nature: Mapping[str, Nature],
        on: date,
    ) -> None:
        self.session, self.unit, self.profile, self.on = session, unit, profile, on
        self.lines, self.details, self.nature = lines, details, nature

    def sheet(self, sheet: Sheet) -> Sheet:
        rows = {
            "A.1": self.basics,
            "A.2": self.facilities,
            "A.3": self.generation,
            "A.4": self.storage,
            "A.5": self.treatment,
            "A.6": self.reduction,
            "A.7": self.transfer,
        }
        return sheet.filled(rows[sheet.code]())

    def basics(self) -> list[tuple[Cell, ...]]:
        unit, profile = self.unit, self.profile
        county = self.session.get(Area, unit.county_code) if unit.county_code else None
        industry = self.session.get(Industry, unit.industry) if unit.industry else None
        values: dict[str, Any] = {
            "name": unit.name,
            "registered_address": profile.registered_address or unit.address,
            "site_address": unit.address,
            "area": county.name_zh if county else "",
            "industry": unit.industry_zh or (industry.name_zh if industry else ""),
            "industry_code": profile.industry_code or (industry.gb_t_4754 if industry else ""),
            "longitude": _degrees(unit.lon_e6),
            "latitude": _degrees(unit.lat_e6),
            "credit_code": unit.credit_code or "",
            "management_class": CLASS_NAMES[access.class_of(unit)],
            "legal_representative": profile.legal_representative,
            "legal_phone": profile.legal_phone,
            "technical_lead": profile.technical_lead or unit.contact_name,
            "technical_phone": profile.technical_phone or unit.contact_phone,
            "assessment": "是" if profile.assessment_no else "否",
            "assessment_no": profile.assessment_no,
            "discharge_permit": "是" if profile.discharge_permit_no else "否",
            "discharge_permit_no": profile.discharge_permit_no,
        }
        return [(title, values[key]) for key, title in tables.BASICS.items()]

    @property
    def store(self) -> tuple[str, str]:
        kind = self.profile.storage_type or STORE_TYPES.get(self.unit.storage_kind, "贮存库")
        return self.profile.storage_code or DEFAULT_STORAGE, kind

    @property
    def generating(self) -> tuple[str, str]:
        name = self.profile.generating_name or self.unit.process_zh
        return self.profile.generating_code or DEFAULT_GENERATING, name

    def facilities(self) -> list[tuple[Cell, ...]]:
        code, kind = self.store
        rows: list[tuple[Cell, ...]] = []
        if self.unit.kind == "enterprise":
            rows.append((*self.generating, "产生危险废物设施", None, ""))
        rows.append((code, kind, "贮存设施", self._store_capacity_g(), tables.UNIT))
        if self.profile.treatment_code or self.unit.kind == "plant":
            own = self.profile.treatment_code or DEFAULT_TREATMENT
            capacity = self.profile.treatment_capacity_g or self.unit.annual_quota_g
            rows.append((own, "自行利用/处置设施", "利用/处置设施", capacity, f"{tables.UNIT}/年"))
        return rows

    def _store_capacity_g(self) -> int | None:
        if self.unit.storage_capacity_g:
            return self.unit.storage_capacity_g
        query = select(func.sum(Zone.capacity_g)).where(Zone.organisation_id == self.unit.id)
        zones = self.session.scalar(query)
        return int(zones) if zones else None

    def generation(self) -> list[tuple[Cell, ...]]:
        code, kind = self.store
        return [
            (
                *self.generating,
                self._of(line, "process") or self.generating[1],
                *self.nature[line.waste_code].waste_cells,
                *self.nature[line.waste_code].nature_cells,
                self._grams(line, "generated_g", line.planned_g),
                tables.UNIT,
                kind,
                code,
                self._store_capacity_g(),
            )
            for line in self.lines
        ]

    def storage(self) -> list[tuple[Cell, ...]]:
        packing = self._packing()
        return [
            (
                *self.store,
                *self.nature[line.waste_code].waste_cells,
                *self.nature[line.waste_code].nature_cells,
                packing.get(line.waste_code, ""),
                self._grams(line, "stored_g", 0),
                tables.UNIT,
            )
            for line in self.lines
        ]

    def _packing(self) -> dict[str, str]:
        """The containers that each code is packed in, by name."""
        names = reference.container_type_names(self.session)
        query = (
            select(Batch.waste_code, Container.container_type)
            .join(Container, Container.batch_id == Batch.id)
            .where(Batch.enterprise_id == self.unit.id)
            .distinct()
            .order_by(Batch.waste_code, Container.container_type)
        )
        found: dict[str, list[str]] = {}
        for code, kind in self.session.execute(query):
            found.setdefault(code, []).append(names.get(kind, (kind, ""))[0])
        return {code: "、".join(kinds) for code, kinds in found.items()}

    def treatment(self) -> list[tuple[Cell, ...]]:
        return [
            (
                self.profile.treatment_code or DEFAULT_TREATMENT,
                self._of(line, "method_code"),
                *self.nature[line.waste_code].waste_cells,
                *self.nature[line.waste_code].nature_cells,
                self._grams(line, "treated_g", 0),
                tables.UNIT,
            )
            for line in self.lines
            if self._grams(line, "treated_g", 0)
        ]

    def reduction(self) -> list[tuple[Cell, ...]]:
        return [(title, getattr(self.profile, key)) for key, title in tables.REDUCTION.items()]

    def transfer(self) -> list[tuple[Cell, ...]]:
        name, number = self._acceptor()
        return [
            (
                self._of(line, "transfer_kind") or tables.TRANSFER_KINDS[0],
                *self.nature[line.waste_code].waste_cells,
                *self.nature[line.waste_code].nature_cells,
                line.planned_g,
                tables.UNIT,
                self._of(line, "method_code") or "收集、贮存",
                self._of(line, "acceptor_kind") or tables.LICENSED,
                self._of(line, "acceptor_name") or name,
                self._of(line, "acceptor_no") or number,
            )
            for line in self.lines
        ]

    def _acceptor(self) -> tuple[str, str]:
        """The platform of the contract in force, with its licence."""
        held = organisations.contracts_in_force(self.session, enterprise_ids=[self.unit.id], on=self.on).get(
            self.unit.id, []
        )
        if not held:
            return "", ""
        platform = self.session.get_one(Organisation, held[-1].platform_id)
        licences = permits.permits_of(self.session, [platform.id]).get(platform.id, [])
        return platform.name, licences[0].number if licences else ""

    def _of(self, line: PlanLine, name: str) -> str:
        detail = self.details.get(line.id)
        return str(getattr(detail, name)) if detail else ""

    def _grams(self, line: PlanLine, name: str, otherwise: int) -> int:
        detail = self.details.get(line.id)
        value = getattr(detail, name) if detail else None
        return otherwise if value is None else int(value)


def _degrees(micro: int) -> str:
    return f"{micro / 1_000_000:.6f}" if micro else ""
