"""What the demo knows of the region it plays in: who acts, with which vehicles, towards which plants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import Database
from ..domain import calendar
from ..domain.actors import Actor
from ..models import organisations, reference, vehicles
from ..models.organisations import Organisation
from ..models.vehicles import CrewMember, Vehicle
from ..services import enrolment
from .firms import DemoFirm

ADMIN = Actor(author="service", role="admin")
ENROL_CHUNK = 1_000


@dataclass(frozen=True)
class Platform:
    """A platform with the vehicle and people that take its lots away; `vehicles`: those that collect."""

    row: Organisation
    desk: Actor
    vehicles: int
    outbound: Vehicle | None
    outbound_crew: tuple[UUID, UUID] | None


@dataclass(frozen=True)
class Plant:
    row: Organisation
    desk: Actor
    methods: dict[str, str]


@dataclass(frozen=True)
class Firm:
    """An enrolled firm and what it was invented as."""

    id: UUID
    code: str
    platform_id: UUID
    invented: DemoFirm

    @property
    def desk(self) -> Actor:
        return Actor(author=f"firm:{self.code}", role="enterprise", organisation_id=self.id)

    @property
    def opens_at_s(self) -> int:
        return self.invented.draft.open_s


@dataclass
class World:
    """The stage of the demo. `rng` is the only source of chance besides the identifiers."""

    database: Database
    rng: Random
    platforms: dict[UUID, Platform] = field(default_factory=dict)
    plants: list[Plant] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    platform_of_county: dict[str, UUID] = field(default_factory=dict)
    drift: dict[UUID, float] = field(default_factory=dict)  # firms whose scale shows too much
    scans_made: int = 0

    @contextmanager
    def act(self) -> Iterator[Session]:
        """One transaction, as the edge opens it."""
        with self.database.transaction() as session:
            yield session

    @property
    def planner(self) -> Actor:
        """The dispatcher who plans for all platforms together: the one of the first platform."""
        return min(self.platforms.values(), key=lambda p: p.row.code).desk

    def next_scan(self) -> int:
        self.scans_made += 1
        return self.scans_made

    def read_region(self) -> None:
        """The platforms and plants that take part; real plants never do."""
        with self.database.reading() as session:
            found = organisations.organisations_of(session, "platform")
            collecting = Counter(
                vehicle.platform_id
                for vehicle in vehicles.vehicles_of(session, [row.id for row in found], use="collection")
            )
            for row in found:
                vehicle, crew = _outbound(session, row.id)
                desk = _desk("dispatcher", row)
                self.platforms[row.id] = Platform(row, desk, collecting[row.id], vehicle, crew)
                self.platform_of_county[row.county_code or ""] = row.id
            plants = [row for row in organisations.organisations_of(session, "plant") if row.demo_flows]
            methods = reference.plant_methods(session, [row.id for row in plants])
            session.expunge_all()
        self.plants = [
            Plant(row, _desk("plant", row), methods[row.id]) for row in plants if row.id in methods
        ]

    def enrol(self, invented: list[DemoFirm], *, at: datetime) -> None:
        """Enrol the firms; each belongs to the platform of its county."""
        for start in range(0, len(invented), ENROL_CHUNK):
            part = invented[start : start + ENROL_CHUNK]
            with self.act() as session:
                made = enrolment.enrol(session, actor=ADMIN, firms=[firm.draft for firm in part], now=at)
                self.firms += [
                    Firm(row.id, row.code, self.platform_of_county[row.county_code or ""], firm)
                    for row, firm in zip(made, part, strict=True)
                ]

    def sign_contracts(self, *, at: datetime, until: dict[UUID, date], standard_until_on: date) -> None:
        """A contract of each firm with its platform; `until` names those that end earlier."""
        signed_on = calendar.on_date(at)
        for platform, firms in self._by_platform():
            drafts = [
                enrolment.ContractDraft(
                    enterprise_id=firm.id,
                    platform_id=firm.platform_id,
                    number=f"示例-HT-{signed_on.year}-{firm.code[-7:-1]}",
                    valid_from_on=signed_on,
                    valid_until_on=until.get(firm.id, standard_until_on),
                )
                for firm in firms
            ]
            with self.act() as session:
                enrolment.sign_contracts(session, actor=platform.desk, drafts=drafts, now=at)

    def register_plans(
        self, *, years: list[int], at: datetime, without: set[UUID], more: dict[UUID, str]
    ) -> None:
        """The management plans of each firm, entered by its platform (HJ 1259-2022, clause 1).

        `without`: firms that have registered none; `more`: firms with one waste code besides their own.
        """
        for platform, firms in self._by_platform():
            drafts = [
                enrolment.PlanDraft(
                    firm.id, year, f"示例-BA-{year}-{firm.code[-7:-1]}", _plan_lines(firm, more.get(firm.id))
                )
                for firm in firms
                for year in years
                if firm.id not in without
            ]
            with self.act() as session:
                enrolment.register_plans(session, actor=platform.desk, drafts=drafts, now=at)

    def _by_platform(self) -> Iterator[tuple[Platform, list[Firm]]]:
        for key, platform in self.platforms.items():
            firms = [firm for firm in self.firms if firm.platform_id == key]
            if firms:
                yield platform, firms


def _desk(role: str, unit: Organisation) -> Actor:
    """Somebody who works at a unit."""
    return Actor(author=f"{unit.kind}:{unit.code}", role=role, organisation_id=unit.id)


def _plan_lines(firm: Firm, more: str | None) -> tuple[tuple[str, int, str], ...]:
    """What the firm expects of each of its wastes in a year, with some reserve."""
    annual_g = firm.invented.annual_g
    lines = [(code, max(500_000, annual_g * share // 100 * 2), "") for code, share in firm.invented.streams]
    return tuple(lines + ([(more, 500_000, "")] if more else []))


def _outbound(session: Session, platform_id: UUID) -> tuple[Vehicle | None, tuple[UUID, UUID] | None]:
    query = select(Vehicle).where(Vehicle.platform_id == platform_id, Vehicle.use == "outbound")
    vehicle = session.scalars(query.order_by(Vehicle.plate)).first()
    if vehicle is None:
        return None, None
    query_crew = select(CrewMember).where(CrewMember.vehicle_id == vehicle.id)
    crew = {person.kind: person.id for person in session.scalars(query_crew)}
    return vehicle, (crew["driver"], crew["escort"])


def working_days(until_on: date, *, months: int) -> list[date]:
    """The working days of so many months before a date, oldest first, the date itself left out."""
    on = until_on - timedelta(days=round(months * 30.5))
    found = []
    while on < until_on:
        if calendar.is_working_day(on):
            found.append(on)
        on += timedelta(days=1)
    return found
