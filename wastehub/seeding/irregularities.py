"""A few dozen things that are not as they should be, planted for people to find.

All of them come about through the services, like everything else: nothing is written past the rules.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from ..domain import calendar
from ..domain.errors import Conflict
from ..models.reference import WasteCode
from ..services import batches, labels, requests
from .history import History, order, register
from .world import Firm, World

OVERDUE_DAYS = 400
NEARLY_OVERDUE_DAYS = 330
POINT_NEARLY_FULL_G = 2_900_000
DRIFT = -0.05  # the firm's scale shows five percent too much


@dataclass(frozen=True)
class Irregularity:
    """One planted thing: what it is in both languages, whose it is and where to look."""

    kind: str
    zh: str
    en: str
    unit: str
    subject: str = ""


@dataclass
class Planted:
    """Which firms play which part, and the list of what was planted."""

    expired_contract: list[Firm] = field(default_factory=list)
    no_plan: list[Firm] = field(default_factory=list)
    overdue: list[Firm] = field(default_factory=list)
    nearly_overdue: list[Firm] = field(default_factory=list)
    nearly_full: list[Firm] = field(default_factory=list)
    ungrouped: list[Firm] = field(default_factory=list)
    drifting: list[Firm] = field(default_factory=list)
    mistaken: list[Firm] = field(default_factory=list)
    ungrouped_code: str = ""
    found: list[Irregularity] = field(default_factory=list)

    @classmethod
    def cast(cls, world: World, *, seed: int, spared: set[UUID]) -> Planted:
        """Give the parts: some firms of each kind, more in a larger city."""
        rng = Random(f"irregularities/{seed}")
        each = 1 if len(world.firms) < 400 else 3 if len(world.firms) < 2_000 else 4
        points = [f for f in world.firms if f.invented.draft.storage_kind == "point" and f.id not in spared]
        chosen = iter(rng.sample(points, each * 8))
        made = cls()
        for name in PARTS:
            setattr(made, name, [next(chosen) for _ in range(each)])
        made.ungrouped_code = _ungrouped_code(world)
        world.drift |= {firm.id: DRIFT for firm in made.drifting}
        return made

    @property
    def quiet(self) -> set[UUID]:
        """Firms that are not visited in the ordinary way."""
        parts = (
            self.expired_contract, self.no_plan, self.overdue, self.nearly_overdue, self.nearly_full,
            self.ungrouped, self.drifting,
        )  # fmt: skip
        return {firm.id for part in parts for firm in part}

    def contracts_until(self, on: date) -> dict[UUID, date]:
        return {firm.id: on - timedelta(days=5) for firm in self.expired_contract}

    def more_codes(self) -> dict[UUID, str]:
        return {firm.id: self.ungrouped_code for firm in self.ungrouped} if self.ungrouped_code else {}

    def note(self, kind: str, zh: str, en: str, firm: Firm, subject: str = "") -> None:
        self.found.append(Irregularity(kind, zh, en, firm.code, subject))

    def as_rows(self) -> list[dict[str, str]]:
        return [asdict(one) for one in self.found]

    # -- before the history --------------------------------------------------------------------------

    def prepare(self, world: World, history: History) -> None:
        """What lay there before, and what fills up while the months pass."""
        first, last = 0, len(history.days) - 2
        morning = calendar.at_time(history.days[first], 6 * 3600)
        on = history.days[-1]
        for firms, days, kind, zh, en in (
            (self.overdue, OVERDUE_DAYS, "storage.overdue", "贮存超期", "Stored too long"),
            (
                self.nearly_overdue,
                NEARLY_OVERDUE_DAYS,
                "storage.warning",
                "贮存将到期",
                "Storage nearly too long",
            ),
        ):
            fillings = [(firm, firm.invented.streams[0][0], 180_000) for firm in firms]
            for firm, batch in zip(
                firms,
                register(world, fillings, on=on - timedelta(days=days), at=morning, rng=history.rng),
                strict=True,
            ):
                self.note(kind, zh, en, firm, batch.batch_no)
        for firm in self.nearly_full:
            code = firm.invented.streams[0][0]
            for part in range(5):
                day = last * (part + 1) // 6
                history.filling[day].append((firm, code, POINT_NEARLY_FULL_G // 5))
            self.note("storage.point_nearly_full", "贮存点接近3吨上限", "Storage point close to 3 t", firm)
        for firm in (*self.expired_contract, *self.no_plan):
            history.filling[last].append((firm, firm.invented.streams[0][0], 150_000))
        for firm in self.drifting:
            for part in range(4):
                history.visit(firm, max(2, last * (part + 1) // 5), 400_000)
            self.note(
                "scale.drift",
                "同一单位申报重量持续偏高约5%",
                "One firm's masses are always about 5 % high",
                firm,
            )

    # -- on the demo day -------------------------------------------------------------------------------

    def act(self, world: World, on: date, *, at: datetime, rng: Random) -> None:
        """What people try, get wrong and put right in the morning of the demo day."""
        self._refused_requests(world, on, at)
        if self.ungrouped_code:
            fillings = [(firm, self.ungrouped_code, 60_000) for firm in self.ungrouped]
            made = register(world, fillings, on=on, at=at, rng=rng)
            order(world, self.ungrouped, ready_on=on, at=at)
            for firm, batch in zip(self.ungrouped, made, strict=True):
                self.note(
                    "segregation.ungrouped", "未判定相容性的废物单独收运", "Unclassified waste travels alone",
                    firm, batch.batch_no,
                )  # fmt: skip
        for firm in self.mistaken:
            self._mistakes(world, firm, on, at, rng)

    def _refused_requests(self, world: World, on: date, at: datetime) -> None:
        """No request without contract and plan: the refusal itself is what is shown."""
        for firms, kind, zh, en in (
            (
                self.expired_contract,
                "contract.expired",
                "收集合同已到期，无法申请",
                "Contract expired: no request",
            ),
            (self.no_plan, "plan.missing", "管理计划未备案，无法申请", "No management plan: no request"),
        ):
            for firm in firms:
                try:
                    order(world, [firm], ready_on=on, at=at)
                except Conflict as refused:
                    self.note(kind, zh, en, firm, refused.code)

    def _mistakes(self, world: World, firm: Firm, on: date, at: datetime, rng: Random) -> None:
        """A wrong mass, a label printed twice, a container registered by mistake, a request withdrawn."""
        code = firm.invented.streams[0][0]
        [batch] = register(world, [(firm, code, 60_000)], on=on, at=at, rng=rng)
        [slip] = register(world, [(firm, code, 30_000)], on=on, at=at, rng=rng)
        first, mass_g = next(iter(batch.masses_g.items()))
        with world.act() as session:
            batches.amend_mass(
                session,
                actor=firm.desk,
                container_id=first,
                mass_g=mass_g - 1_000,
                reason="复称后更正",
                version=None,
                now=at,
            )
            labels.print_labels(session, jobs=[(firm.desk, list(batch.masses_g))], reason="misprint", now=at)
            for container_id in slip.masses_g:
                batches.void_container(
                    session,
                    actor=firm.desk,
                    container_id=container_id,
                    reason="重复登记",
                    version=None,
                    now=at,
                )
            [asked] = requests.place(
                session,
                orders=[
                    requests.RequestOrder(
                        actor=firm.desk,
                        enterprise_id=firm.id,
                        container_ids=tuple(batch.masses_g),
                        ready_on=on,
                    )
                ],
                now=at,
            )
            requests.cancel(
                session,
                actor=firm.desk,
                request_id=asked.id,
                reason="wrong_data",
                note="",
                version=None,
                now=at,
            )
        self.note(
            "batch.amended",
            "标签质量更正并重新打印",
            "Mass corrected and label reprinted",
            firm,
            batch.batch_no,
        )
        self.note("batch.voided", "登记错误已作废", "Registered by mistake and voided", firm, slip.batch_no)
        self.note("request.cancelled", "申请已撤回", "Request withdrawn", firm, asked.request_no)


PARTS = (
    "expired_contract", "no_plan", "overdue", "nearly_overdue", "nearly_full", "ungrouped", "drifting",
    "mistaken",
)  # fmt: skip


def _ungrouped_code(world: World) -> str:
    """A code that platforms are licensed for and nobody has put into a segregation group."""
    with world.database.reading() as session:
        query = select(WasteCode.code).where(
            WasteCode.group_code.is_(None),
            WasteCode.category_code.in_(("HW49", "HW13", "HW12", "HW50", "HW16")),
            WasteCode.effective_until_on.is_(None),
        )
        return session.scalars(query.order_by(WasteCode.micro.desc(), WasteCode.code)).first() or ""
