"""What units told the authority while the history passed: declarations, plan details, rolls of labels.

Most file in time, some late, some never; a few explain a weighing difference.
Everything goes through the services that people use. Chance of its own: the rest of the history stays as it
would be without filings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..domain import calendar
from ..domain.actors import Actor
from ..domain.statutory import periods
from ..domain.statutory.balance import BalanceRow
from ..domain.statutory.periods import Period
from ..models import organisations, reference
from ..models.receptions import Reception, ReceptionLine
from ..services import label_lives, statutory
from .world import Firm, World

FILE_S = 20 * 3600 + 1800
FIRMS_PER_COUNTY = 4  # that keep up with declaring, of each class
DELEGATING_PER_COUNTY = 2
# Of so many units one files late, of so many one never does.
LATE_EVERY, NEVER_EVERY = 5, 8
RECEIPT_DAYS = (2, 5)
RECEIPTED = 0.8
EXPLAINED_FROM_G = 25_000
ROLL_LABELS = 20
# Reading what a platform took in grows with the city: of each period the heaviest file no more when so many
# containers have been read, and show as overdue.
CONTAINERS_READ_MAX = 4_000


@dataclass(frozen=True)
class Filer:
    """A unit and who files for it."""

    unit_id: UUID
    code: str
    management_class: str
    files: Actor
    own: Actor
    weight: int = 0


@dataclass
class Filings:
    """Who files what on which day. `days`: the history; its last day is the demo day and files nothing."""

    world: World
    days: Sequence[date]
    seed: int
    enrolled_on: date
    guest: Firm
    due: dict[date, list[tuple[Filer, Period]]] = field(default_factory=lambda: defaultdict(list))
    receipts: dict[date, list[tuple[Filer, UUID]]] = field(default_factory=lambda: defaultdict(list))
    read: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.rng = Random(f"filings/{self.seed}")
        self.firms = self._chosen_firms()
        self.delegating = self._delegating()

    # -- who ---------------------------------------------------------------------------------------------

    def _chosen_firms(self) -> list[Firm]:
        """Of each county and class some firms, and the one of the demo account."""
        by_place: dict[tuple[UUID, str], list[Firm]] = defaultdict(list)
        for firm in self.world.firms:
            by_place[firm.platform_id, firm.invented.draft.management_class].append(firm)
        chosen = [self.guest]
        for key in sorted(by_place, key=str):
            some = self.rng.sample(by_place[key], min(FIRMS_PER_COUNTY, len(by_place[key])))
            chosen += [firm for firm in some if firm.id != self.guest.id]
        return sorted(chosen, key=lambda firm: firm.code)

    def _delegating(self) -> dict[UUID, Actor]:
        """Firms that let their platform declare for them, with the platform's desk."""
        found: dict[UUID, Actor] = {}
        counts: dict[UUID, int] = defaultdict(int)
        for firm in self.firms:
            if firm.id != self.guest.id and counts[firm.platform_id] < DELEGATING_PER_COUNTY:
                counts[firm.platform_id] += 1
                found[firm.id] = self.world.platforms[firm.platform_id].desk
        return found

    def _filers(self) -> list[Filer]:
        made = [
            Filer(
                firm.id,
                firm.code,
                firm.invented.draft.management_class,
                self.delegating.get(firm.id, firm.desk),
                firm.desk,
            )
            for firm in self.firms
        ]
        return made + self._units()

    def _units(self) -> list[Filer]:
        """Platforms and plants, which declare every month; heavier with every firm that they serve."""
        firms_of: dict[UUID, int] = defaultdict(int)
        for firm in self.world.firms:
            firms_of[firm.platform_id] += 1
        units = [(each.row, each.desk, firms_of[key]) for key, each in self.world.platforms.items()]
        # A plant outside the city declares to its own authority.
        units += [(each.row, each.desk, 0) for each in self.world.plants if each.row.county_code]
        return [Filer(row.id, row.code, "key", desk, desk, weight) for row, desk, weight in units]

    # -- when --------------------------------------------------------------------------------------------

    def plan(self, limits: Mapping[str, int]) -> None:
        """Give every period that ends before the demo day its filing days."""
        by_period: dict[Period, list[Filer]] = defaultdict(list)
        for filer in self._filers():
            for period in periods.ended(
                filer.management_class, since_on=self.enrolled_on, today=self.days[-1]
            ):
                by_period[period].append(filer)
        for period in sorted(by_period):
            self._plan(period, by_period[period], period.due_on(limits))

    def _plan(self, period: Period, filers: list[Filer], due_on: date) -> None:
        """Light units early, heavy ones at the end; by lot some late and some never."""
        shuffled = sorted(filers, key=lambda each: each.code)
        self.rng.shuffle(shuffled)
        for number, filer in enumerate(sorted(shuffled, key=lambda each: each.weight)):
            place = shuffled.index(filer)
            mine = filer.unit_id in (self.guest.id, self.guest.platform_id)
            if place % NEVER_EVERY == NEVER_EVERY - 1 and not mine:
                continue
            if place % LATE_EVERY == LATE_EVERY - 1 and not mine:
                on = due_on + timedelta(days=self.rng.randint(1, 6))
            else:
                open_days = (due_on - period.end_on).days - 1
                on = period.end_on + timedelta(days=1 + open_days * (number + 1) // len(filers))
            self._on(on, self.due, (filer, period))

    def _on(
        self, on: date, table: dict[date, list[tuple[Filer, Period]]], what: tuple[Filer, Period]
    ) -> None:
        """On that day, or the working day after; not at all when the history is over by then."""
        if (found := self._working_day(on)) is not None:
            table[found].append(what)

    def _working_day(self, on: date) -> date | None:
        return next((day for day in self.days[:-1] if day >= on), None)

    # -- the evenings ------------------------------------------------------------------------------------

    def begin(self, at: datetime) -> None:
        """What is entered once: profiles, plan details, delegations, two rolls of printed numbers."""
        with self.world.act() as session:
            self.plan(reference.legal_limits(session, calendar.on_date(at)))
            filing = {filer.unit_id for tasks in self.due.values() for filer, _ in tasks}
            for firm in self.firms:
                if firm.id in filing or firm.id == self.guest.id:
                    self._enter(session, firm, at)
                if firm.id in self.delegating:
                    statutory.delegate(session, actor=firm.desk, platform_id=firm.platform_id, now=at)
            for filer in self._units():
                self._enter_unit(session, filer, at)
            self._hand_out(session, at)

    def _enter_unit(self, session: Session, filer: Filer, at: datetime) -> None:
        """What a platform or plant adds once."""
        given = {
            "legal_representative": "示例法定代表人",
            "legal_phone": "0573-00000000",
            "industry_code": "N7724",
            "storage_code": "TS001",
            "treatment_code": "TS002" if filer.own.role == "plant" else "",
            "transport_handler": "示例运送经办人",
            "storage_handler": "示例库管员",
        }
        statutory.save_profile(session, actor=filer.own, given=given, capacity_g=None, version=None, now=at)

    def _enter(self, session: Session, firm: Firm, at: datetime) -> None:
        """The firm's own facts, and what its plan says beyond quantities."""
        serial = firm.code[-7:-1]
        given = {
            "registered_address": firm.invented.draft.address,
            "legal_representative": "示例法定代表人",
            "legal_phone": firm.invented.draft.contact_phone,
            "technical_lead": "示例环保负责人",
            "technical_phone": firm.invented.draft.contact_phone,
            "discharge_permit_no": f"示例排污登记-{serial}",
            "generating_code": "MF0001",
            "generating_name": "示例产废环节",
            "storage_code": "TS001",
            "generation_handler": "示例产生经办人",
            "transport_handler": "示例运送经办人",
            "storage_handler": "示例库管员",
            "reduction_plan": "示例：逐年减少单位产品的危险废物产生量",
            "reduction_measures": "示例：切削液过滤回用，包装桶周转使用",
        }
        statutory.save_profile(session, actor=firm.desk, given=given, capacity_g=None, version=None, now=at)
        year = calendar.on_date(at).year
        plan = organisations.plans_of(session, enterprise_ids=[firm.id], year=year).get(firm.id)
        for line in plan.lines if plan else ():
            statutory.save_plan_line(
                session,
                actor=firm.desk,
                plan_line_id=line.id,
                given={"process": "示例产废环节"},
                masses_g={"generated_g": line.planned_g, "stored_g": line.planned_g // 10},
                now=at,
            )

    def _hand_out(self, session: Session, at: datetime) -> None:
        """Rolls for the demo's firm and for another one of its platform."""
        desk = self.world.platforms[self.guest.platform_id].desk
        others = [firm for firm in self.firms if firm.platform_id == self.guest.platform_id]
        for firm in (self.guest, *[each for each in others if each.id != self.guest.id][:1]):
            label_lives.hand_out(
                session, actor=desk, enterprise_id=firm.id, labels_wanted=ROLL_LABELS, now=at
            )

    def live(self, on: date) -> None:
        """The office work of an evening: receipts that came back, declarations that are filed."""
        tasks, receipts = self.due.pop(on, []), self.receipts.pop(on, [])
        if not tasks and not receipts:
            return
        at = calendar.at_time(on, FILE_S)
        with self.world.act() as session:
            for number, (filer, declaration_id) in enumerate(receipts, 1):
                statutory.enter_receipt(
                    session,
                    actor=filer.files,
                    declaration_id=declaration_id,
                    receipt_no=f"示例-HZ-{on:%Y%m%d}-{number:03d}",
                    version=None,
                    now=at,
                )
            taken_in = _taken_in(session, [filer.unit_id for filer, _ in tasks])
            for filer, period in sorted(tasks, key=lambda task: taken_in[task[0].unit_id]):
                self._file(session, filer, period, taken_in[filer.unit_id], at)

    def _file(self, session: Session, filer: Filer, period: Period, weight: int, at: datetime) -> None:
        if filer.own.role == "plant" and not weight:
            return  # nothing was ever sent there: it only stands in the register
        mine = filer.unit_id == self.guest.platform_id
        if self.read[period.key] + weight > CONTAINERS_READ_MAX and not mine:
            return
        self.read[period.key] += weight
        draft = statutory.prepare(
            session, actor=filer.files, period=period.key, organisation_id=filer.unit_id, now=at
        )
        note = self._note(draft)
        row = statutory.file_draft(session, actor=filer.files, draft=draft, note=note, now=at)
        wait = timedelta(days=self.rng.randint(*RECEIPT_DAYS))
        back = self._working_day(calendar.on_date(at) + wait)
        if self.rng.random() < RECEIPTED and back is not None:
            self.receipts[back].append((filer, row.id))

    def _note(self, draft: statutory.Draft) -> str:
        """An explanation where weighing found much else than registered, or where a point asks for one."""
        off_g = _difference_g(draft.balance)
        if off_g >= EXPLAINED_FROM_G:
            return f"示例：登记时按容积估重，到平台复称相差 {off_g / 1000:.1f} kg，已按复称结果记账"
        if any(point.key in ("cases_open", "cases_overdue") for point in draft.points):
            return "示例：个别容器的称重差异正在核查，见差异处理记录；结果不同时提交更正申报"
        return "示例：检查所列事项正在办理，完成后提交更正申报" if draft.note_needed else ""


def _difference_g(rows: Iterable[BalanceRow]) -> int:
    """What weighing found more or less than was registered, of all wastes together."""
    return sum(abs(row.tolerance_g) + abs(row.case_g) for row in rows)


def _taken_in(session: Session, unit_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many containers each unit has weighed in so far."""
    query = (
        select(Reception.organisation_id, func.count())
        .join(ReceptionLine, ReceptionLine.reception_id == Reception.id)
        .where(Reception.organisation_id.in_(unit_ids))
        .group_by(Reception.organisation_id)
    )
    return dict.fromkeys(unit_ids, 0) | {key: int(count) for key, count in session.execute(query)}
