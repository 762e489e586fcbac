"""Three months before the demo day: firms produce, ask, are visited; platforms ship; plants treat.

Every working day makes a handful of bulk calls to the same services that people use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from routing import StopRule

from ..domain import calendar
from ..domain.actors import Actor
from ..domain.errors import Conflict
from ..models.batches import Batch, Container
from ..services import audits, batches, dispatch, labels, planning, reception, requests
from ..services.batches import BatchDraft, ContainerDraft
from ..services.requests import RequestOrder
from .collecting import Chances, CollectionDay, Tally
from .differences import report_differences
from .filings import Filings
from .outbound import receive_lots, ship_lots, treat
from .packing import fill, packing_of
from .world import Firm, World

YEAR_WORKING_DAYS = 250
VEHICLE_STOPS = 8  # that one vehicle makes on an ordinary day
# Sees all cases, settles none: each unit explains its own.
ADMIN_EYE = Actor(author="service", role="regulator")
EXPLANATIONS = (
    ("scale", "磅秤零点偏移，已复核"),
    ("declared_wrong", ""),
    ("tare", ""),
    ("moisture", ""),
    ("typing", ""),
)
ONE_WASTE = 0.6  # how often only one of a firm's wastes is full
LEAD_DAYS = (1, 9)  # working days between generation and pickup
TICK_S = 24 * 3600
# Office work frames the rounds, which drive from 8 to 18 o'clock.
REGISTER_S, PLACE_S, LOTS_IN_S, RETURN_S, PLAN_S, SHIP_S, TREAT_S = (
    int(hour * 3600) for hour in (7.25, 7.5, 7.75, 18.25, 18.5, 19, 19.5)
)
SETTLE_S = 20 * 3600
SETTLED_AFTER = timedelta(days=4)
LOTS_PER_PLATFORM = 2
LOT_FROM_G = 2_500_000
TREAT_EVERY = 5


@dataclass(frozen=True)
class Registered:
    """A batch as it was registered. `masses_g`: container -> grams."""

    enterprise_id: UUID
    batch_no: str
    masses_g: dict[UUID, int]


class History:
    """The past of all firms, lived day by day. The last of the days is the demo day: it is only prepared."""

    def __init__(self, world: World, days: Sequence[date], *, seed: int, quiet: set[UUID]) -> None:
        self.world, self.days = world, days
        self.rng = Random(f"history/{seed}")
        self.seed = seed
        self.hold_on: date | None = None  # a trip of this day is never weighed in
        self.held: set[UUID] = set()
        self.filings: Filings | None = None
        self.visits: dict[int, list[Firm]] = defaultdict(list)
        self.filling: dict[int, list[tuple[Firm, str, int]]] = defaultdict(list)
        pace = _pace(world)
        for firm in world.firms:
            if firm.id not in quiet:
                self._schedule(firm, pace[firm.platform_id])

    def _schedule(self, firm: Firm, pace: float) -> None:
        interval = YEAR_WORKING_DAYS / (firm.invented.pickups * pace)
        at = self.rng.uniform(0, interval)
        while at < len(self.days) - 1:
            day = int(at)
            # The first days have no past in which their waste could have arisen.
            if day >= LEAD_DAYS[0] + 1:
                self.visit(firm, day, firm.invented.pickup_g)
            at += interval

    def visit(self, firm: Firm, day: int, pickup_g: int) -> None:
        """The firm is visited on a working day, counted from 0; its waste arises in the days before.

        It asks when something is full: one of its wastes, or two.
        """
        wastes = [
            (code, max(5_000, int(pickup_g * part * self.rng.uniform(0.7, 1.3))))
            for code, part in self._full(firm)
        ]
        self.visits[day].append(firm)
        for code, mass_g in wastes:
            earliest = max(0, day - LEAD_DAYS[1])
            self.filling[self.rng.randint(earliest, day - LEAD_DAYS[0])].append((firm, code, mass_g))

    def _full(self, firm: Firm) -> list[tuple[str, float]]:
        """The wastes that are full, each with its part of the load."""
        streams = list(firm.invented.streams)
        chosen = self.rng.choices(streams, weights=[share for _, share in streams], k=2)
        if chosen[0] == chosen[1] or self.rng.random() < ONE_WASTE:
            return [(chosen[0][0], 1.0)]
        whole = chosen[0][1] + chosen[1][1]
        return [(code, share / whole) for code, share in chosen]

    def live(self, *, tell: Callable[[int, int], None]) -> None:
        """All days, one after the other."""
        past = len(self.days) - 1
        for number in range(past):
            self._live_day(number)
            tell(number + 1, past)

    def _live_day(self, number: int) -> None:
        on = self.days[number]
        if self.filling[number]:
            at = calendar.at_time(on, REGISTER_S)
            register(self.world, self.filling[number], on=on, at=at, rng=self.rng)
        self._order(number + 1, calendar.at_time(on, PLACE_S))
        receive_lots(self.world, self.rng, at=calendar.at_time(on, LOTS_IN_S))
        self._collect(on)
        if number + 2 < len(self.days):
            at = calendar.at_time(on, PLAN_S)
            plan_and_publish(self.world, self.days[number + 1], at=at, seed=self.seed)
        at = calendar.at_time(on, SHIP_S)
        ship_lots(self.world, at=at, per_platform=LOTS_PER_PLATFORM, from_g=LOT_FROM_G)
        if number % TREAT_EVERY == TREAT_EVERY - 1:
            treat(self.world, at=calendar.at_time(on, TREAT_S))
            settle(self.world, self.rng, before_on=on - SETTLED_AFTER, at=calendar.at_time(on, SETTLE_S))
        report_differences(self.world, at=calendar.at_time(on, SETTLE_S))
        if self.filings is not None:
            self.filings.live(on)

    def _collect(self, on: date) -> Tally:
        day = CollectionDay(self.world, on, rng=self.rng, tick_s=TICK_S, chances=Chances())
        if on == self.hold_on:
            self.held = day.hold_one()
        tally = day.drive()
        bring_back(self.world, tally.refused_ids, at=calendar.at_time(on, RETURN_S))
        return tally

    def _order(self, number: int, at: datetime) -> None:
        firms = self.visits[number]
        if firms:
            order(self.world, firms, ready_on=self.days[number], at=at)


def _pace(world: World) -> dict[UUID, float]:
    """By platform: the share of the wished pickups that its vehicles can make.

    One, unless there are far more firms than the region has: what is never fetched would pile up at the
    firms until their stores are full.
    """
    wished: Counter[UUID] = Counter()
    for firm in world.firms:
        wished[firm.platform_id] += firm.invented.pickups
    return {
        key: min(1.0, platform.vehicles * VEHICLE_STOPS * YEAR_WORKING_DAYS / max(wished[key], 1))
        for key, platform in world.platforms.items()
    }


def register(
    world: World,
    fillings: Sequence[tuple[Firm, str, int]],
    *,
    on: date,
    at: datetime,
    rng: Random,
    label: bool = True,
) -> list[Registered]:
    """Firms register what they filled that day and print the labels."""
    desks = {firm.id: firm.desk for firm, _, _ in fillings}
    drafts = [
        BatchDraft(
            actor=desks[firm.id],
            enterprise_id=firm.id,
            waste_code=code,
            form=packing_of(code).form,
            produced_on=on,
            containers=tuple(ContainerDraft(kind, grams) for kind, grams in fill(rng, code, mass_g)),
            basis="weighed" if rng.random() < 0.3 or firm.id in world.drift else "estimated",
            main_components=packing_of(code).components,
            harmful_components=packing_of(code).harmful,
        )
        for firm, code, mass_g in fillings
    ]
    with world.act() as session:
        made = [
            Registered(row.enterprise_id, row.batch_no, {c.id: c.mass_g for c in row.containers})
            for row in batches.register(session, drafts=drafts, now=at)
        ]
        if label:
            jobs = [(desks[row.enterprise_id], list(row.masses_g)) for row in made]
            labels.print_labels(session, jobs=jobs, now=at)
    return made


def order(
    world: World,
    firms: Sequence[Firm],
    *,
    ready_on: date,
    at: datetime,
    urgent: frozenset[UUID] = frozenset(),
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


def settle(world: World, rng: Random, *, before_on: date, at: datetime, all_but: int = 0) -> int:
    """Units explain the differences that were opened up to a day; the number explained.

    Firms with a scale that drifts are left for the regulator to find.
    """
    desks = {firm.id: firm.desk for firm in world.firms}
    desks |= {key: platform.desk for key, platform in world.platforms.items()}
    desks |= {plant.row.id: plant.desk for plant in world.plants}
    with world.act() as session:
        rows = audits.open_cases(session, actor=ADMIN_EYE)
        due = [row for row in rows if row.opened_on <= before_on and row.origin.id not in world.drift]
        chosen = []
        for row in due[: len(due) - all_but]:
            reason, note = rng.choice(EXPLANATIONS)
            chosen.append(audits.Resolution(desks[row.unit.id], row.case.key, reason, note))
        if chosen:
            audits.resolve_cases(session, resolutions=chosen, now=at)
    return len(chosen)


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
