"""Three months before the demo day: firms produce, ask, are visited; platforms ship; plants treat.

Every working day makes a handful of bulk calls to the same services that people use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from uuid import UUID

from routing import StopRule
from sqlalchemy import select

from ..domain import calendar
from ..domain.errors import Conflict
from ..models.batches import Batch, Container
from ..services import batches, dispatch, labels, planning, reception, requests
from ..services.batches import BatchDraft, ContainerDraft
from ..services.requests import RequestOrder
from .collecting import Chances, CollectionDay, Tally
from .outbound import receive_lots, ship_lots, treat
from .packing import PACKING, fill
from .world import Firm, World

YEAR_WORKING_DAYS = 250
LEAD_DAYS = (1, 9)  # working days between generation and pickup
TICK_S = 6 * 3600
# Office work frames the rounds, which drive from 8 to 18 o'clock.
REGISTER_S, PLACE_S, LOTS_IN_S, RETURN_S, PLAN_S, SHIP_S, TREAT_S = (
    int(hour * 3600) for hour in (7.25, 7.5, 7.75, 18.25, 18.5, 19, 19.5)
)
LOTS_PER_PLATFORM = 2
LOT_FROM_G = 2_500_000
TREAT_EVERY = 5


@dataclass(frozen=True)
class Visit:
    """A pickup that is to happen: which of the firm's wastes on which working day."""

    firm: Firm
    day: int
    wastes: tuple[tuple[str, int], ...]


class History:
    """The past of all firms, lived day by day."""

    def __init__(self, world: World, days: Sequence[date], *, seed: int, quiet: set[UUID]) -> None:
        self.world, self.days = world, days
        self.rng = Random(f"history/{seed}")
        self.seed = seed
        self.visits: dict[int, list[Visit]] = defaultdict(list)
        self.filling: dict[int, list[tuple[Firm, str, int]]] = defaultdict(list)
        for firm in world.firms:
            if firm.id not in quiet:
                self._schedule(firm)

    def _schedule(self, firm: Firm) -> None:
        interval = YEAR_WORKING_DAYS / firm.invented.pickups
        at = self.rng.uniform(0, interval)
        while at < len(self.days):
            day = int(at)
            # The first days have no past in which their waste could have arisen.
            if day >= LEAD_DAYS[0] + 1:
                self._visit(firm, day)
            at += interval

    def _visit(self, firm: Firm, day: int) -> None:
        wastes = tuple(
            (code, max(5_000, int(firm.invented.pickup_g * share / 100 * self.rng.uniform(0.7, 1.3))))
            for code, share in firm.invented.streams
        )
        self.visits[day].append(Visit(firm, day, wastes))
        for code, mass_g in wastes:
            earliest = max(0, day - LEAD_DAYS[1])
            self.filling[self.rng.randint(earliest, day - LEAD_DAYS[0])].append((firm, code, mass_g))

    def live(self, *, tell: Callable[[int, int], None]) -> None:
        """All days, one after the other."""
        for number in range(len(self.days)):
            self._live_day(number)
            tell(number + 1, len(self.days))

    def _live_day(self, number: int) -> None:
        on = self.days[number]
        if self.filling[number]:
            at = calendar.at_time(on, REGISTER_S)
            register(self.world, self.filling[number], on=on, at=at, rng=self.rng)
        if number + 1 < len(self.days):
            self._order(number + 1, calendar.at_time(on, PLACE_S))
        receive_lots(self.world, self.rng, at=calendar.at_time(on, LOTS_IN_S))
        self._collect(on)
        if number + 1 < len(self.days):
            at = calendar.at_time(on, PLAN_S)
            plan_and_publish(self.world, self.days[number + 1], at=at, seed=self.seed)
        at = calendar.at_time(on, SHIP_S)
        ship_lots(self.world, at=at, per_platform=LOTS_PER_PLATFORM, from_g=LOT_FROM_G)
        if number % TREAT_EVERY == TREAT_EVERY - 1:
            treat(self.world, at=calendar.at_time(on, TREAT_S))

    def _collect(self, on: date) -> Tally:
        day = CollectionDay(self.world, on, rng=self.rng, tick_s=TICK_S, chances=Chances())
        tally = day.drive()
        bring_back(self.world, tally.refused_ids, at=calendar.at_time(on, RETURN_S))
        return tally

    def _order(self, number: int, at: datetime) -> None:
        firms = [visit.firm for visit in self.visits[number]]
        if firms:
            order(self.world, firms, ready_on=self.days[number], at=at)


def register(
    world: World,
    fillings: Sequence[tuple[Firm, str, int]],
    *,
    on: date,
    at: datetime,
    rng: Random,
    label: bool = True,
) -> list[Batch]:
    """Firms register what they filled that day and print the labels."""
    desks = {firm.id: firm.desk for firm, _, _ in fillings}
    drafts = [
        BatchDraft(
            actor=desks[firm.id],
            enterprise_id=firm.id,
            waste_code=code,
            form=PACKING[code].form,
            produced_on=on,
            containers=tuple(ContainerDraft(kind, grams) for kind, grams in fill(rng, code, mass_g)),
            basis="weighed" if rng.random() < 0.3 else "estimated",
            main_components=PACKING[code].components,
            harmful_components=PACKING[code].harmful,
        )
        for firm, code, mass_g in fillings
    ]
    with world.act() as session:
        made = batches.register(session, drafts=drafts, now=at)
        if label:
            jobs = [(desks[row.enterprise_id], [c.id for c in row.containers]) for row in made]
            labels.print_labels(session, jobs=jobs, now=at)
    return made


def order(
    world: World, firms: Sequence[Firm], *, ready_on: date, at: datetime, urgent: frozenset[UUID] = frozenset()
) -> int:
    """Each firm asks for everything that stands labelled and unasked for; the number of requests."""
    by_id = {firm.id: firm for firm in firms}
    with world.act() as session:
        free: dict[UUID, list[UUID]] = defaultdict(list)
        ids = list(by_id)
        for start in range(0, len(ids), 500):
            query = (
                select(Batch.enterprise_id, Container.id)
                .join(Container, Container.batch_id == Batch.id)
                .where(
                    Batch.enterprise_id.in_(ids[start : start + 500]),
                    Container.state == "labelled",
                    Container.request_id.is_(None),
                )
                .order_by(Container.label_code)
            )
            for enterprise_id, container_id in session.execute(query):
                free[enterprise_id].append(container_id)
        orders = [
            RequestOrder(
                actor=by_id[key].desk,
                enterprise_id=key,
                container_ids=tuple(container_ids[: requests.CONTAINERS_MAX]),
                ready_on=ready_on,
                windows=_windows(by_id[key]),
                urgent=key in urgent,
            )
            for key, container_ids in free.items()
        ]
        return len(requests.place(session, orders=orders, now=at)) if orders else 0


def _windows(firm: Firm) -> tuple[tuple[int, int], ...]:
    """When the gate is open: one firm in five closes over noon."""
    draft = firm.invented.draft
    if int(firm.code[-4:-1]) % 5:
        return ((draft.open_s, draft.close_s),)
    return ((draft.open_s, 41_400), (46_800, draft.close_s))


def plan_and_publish(world: World, on: date, *, at: datetime, seed: int) -> UUID | None:
    """The evening before: the greedy planner plans, the dispatcher publishes. None: nothing to fetch."""
    try:
        plan_id = planning.plan_day(
            world.database,
            actor=world.planner,
            service_on=on,
            seed=seed,
            stop=StopRule(iterations=0),
            now=lambda: at,
            engine="greedy",
        )
        with world.act() as session:
            dispatch.publish(session, actor=world.planner, plan_id=plan_id, version=None, now=at)
    except Conflict as reason:
        if reason.code in ("plan.nothing_to_plan", "plan.empty"):
            return None
        raise
    return plan_id


def bring_back(world: World, container_ids: Sequence[UUID], *, at: datetime) -> None:
    """What the gates refused goes home the same day."""
    if not container_ids:
        return
    with world.act() as session:
        query = (
            select(Container.id, Container.trip_id, Batch.enterprise_id)
            .join(Batch, Batch.id == Container.batch_id)
            .where(Container.id.in_(container_ids))
            .order_by(Container.label_code)
        )
        rows = session.execute(query).all()
        homes = {firm.id: firm.platform_id for firm in world.firms}
        by_platform: dict[UUID, list[UUID]] = defaultdict(list)
        for container_id, _, enterprise_id in rows:
            by_platform[homes[enterprise_id]].append(container_id)
        for platform_id, ids in by_platform.items():
            desk = world.platforms[platform_id].desk
            reception.return_refused(session, actor=desk, container_ids=ids, now=at)
