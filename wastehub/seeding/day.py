"""The demo day: asked for, planned with OR-Tools, published, driven, weighed in, shipped and treated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import select

from routing import Progress, StopRule

from ..domain import calendar
from ..models import route_plans
from ..models.batches import Container
from ..models.manifests import manifests_of_stops
from ..models.requests import PickupRequest
from ..models.route_plans import Round, Stop
from ..services import dispatch, manifests, planning, requests
from . import tracks
from .collecting import Chances, CollectionDay, Mishap, Tally
from .differences import report_differences
from .handing_over import HandOvers
from .history import History, bring_back, order, register, settle
from .irregularities import Planted
from .outbound import receive_lots, ship_lots, treat
from .world import Firm, World

# Some firms have two wastes that may not ride together: their request becomes two, 30 a platform in all.
CALLS_PER_PLATFORM = 28
TOMORROW_PER_PLATFORM = 5
OPENING_STOCK_ONE_IN = 12
PICKUP_G = (150_000, 550_000)
TICK_S = 900
ITERATIONS = 2_500

MORNING_S, CHANGES_S, PLAN_S, PUBLISH_S, SEND_BACK_S, LOTS_OUT_S = (
    int(hour * 3600) for hour in (5.5, 5.75, 6, 6.5, 7, 7.25)
)
LOTS_IN_S, TREAT_S, TOMORROW_S, RETURN_S, SETTLE_S = (int(hour * 3600) for hour in (10, 14.5, 16, 18.5, 19))
UNCONFIRMED = ("现场交接未确认", "Hand-over not confirmed")


@dataclass
class DayReport:
    """What the demo day came to, beyond the tally of its rounds."""

    plan_id: UUID
    requests: int
    tally: Tally
    lots_shipped: int
    lots_received: int
    treatments: int
    left_round: str = ""
    tomorrow: int = 0
    solve_seconds: float = 0.0


@dataclass
class DemoDay:
    """Whom the day is about. `guest` is the firm of the demo account."""

    world: World
    on: date
    next_on: date
    seed: int
    guest: Firm
    photo_folder: Path
    calling: list[Firm] = field(default_factory=list)
    tomorrow: list[Firm] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(f"day/{self.seed}")

    # -- before: woven into the history --------------------------------------------------------------

    def prepare(self, history: History, *, spared: set[UUID]) -> None:
        """Waste for the requests of the day and of the day after, and stock that nobody asks for yet."""
        day = len(history.days) - 1
        for key in self.world.platforms:
            firms = [f for f in self.world.firms if f.platform_id == key and f.id not in spared]
            wanted = max(2, min(CALLS_PER_PLATFORM, len(self.world.firms) // 160))
            picked = self.rng.sample(firms, min(len(firms), wanted + TOMORROW_PER_PLATFORM))
            self.calling += picked[:wanted]
            self.tomorrow += picked[wanted:]
        self.calling.append(self.guest)
        for firm in self.calling:
            history.visit(firm, day, self.rng.randint(*PICKUP_G))
        for firm in self.tomorrow:
            self._fill(history, firm, self.rng.randint(*PICKUP_G))
        busy = {firm.id for firm in (*self.calling, *self.tomorrow)} | spared
        for firm in self.world.firms:
            if firm.id not in busy and self.rng.randrange(OPENING_STOCK_ONE_IN) == 0:
                self._fill(history, firm, min(500_000, firm.invented.pickup_g // 2 + 20_000))
        self._give_the_guest_a_past(history)

    def _fill(self, history: History, firm: Firm, mass_g: int) -> None:
        """Waste of the last days before the demo day."""
        last = len(history.days) - 2
        for code, share in firm.invented.streams:
            day = self.rng.randint(max(0, last - 8), last)
            history.filling[day].append((firm, code, max(5_000, mass_g * share // 100)))

    def _give_the_guest_a_past(self, history: History) -> None:
        last = len(history.days) - 2
        for day in (3, last // 2):
            if 2 <= day < last:
                history.visit(self.guest, day, 350_000)

    # -- the day -----------------------------------------------------------------------------------------

    def live(self, planted: Planted, *, say: Callable[[str], None]) -> DayReport:
        """The whole day in the order of the clock."""
        planted.act(self.world, self.on, at=self._at(MORNING_S), rng=self.rng)
        self._change_requests(self._at(CHANGES_S))
        plan_id, asked = self._plan(say)
        self._send_back()
        shipped = ship_lots(self.world, at=self._at(LOTS_OUT_S), per_platform=2, from_g=1_000_000)
        report = DayReport(plan_id, asked, Tally(), len(shipped), 0, 0)
        left = self._round_for_the_guest()
        report.left_round = left.round_no if left else ""
        self._one_on_paper(left)
        hand_overs = self._hand_overs(left)
        day = CollectionDay(
            self.world,
            self.on,
            rng=self.rng,
            tick_s=TICK_S,
            chances=Chances(nobody_there_ppm=12_000, refused_at_pickup_ppm=8_000),
            leave_out=lambda row: left is not None and row.id == left.id,
            mishaps=self._certain_mishaps(left),
            put_away_at_once=True,
            interludes=self._interludes(report),
            hand_overs=hand_overs,
        )
        report.tally = day.drive()
        for firm, request_no in hand_overs.unconfirmed:
            planted.note("hand_over.unconfirmed", *UNCONFIRMED, firm, request_no)
        tracks.tell(self.world, self.on)
        bring_back(self.world, report.tally.refused_ids, at=self._at(RETURN_S))
        settle(self.world, self.rng, before_on=self.on, at=self._at(SETTLE_S), all_but=3)
        report_differences(self.world, at=self._at(SETTLE_S), all_but=2)
        return report

    def _at(self, second: int) -> datetime:
        return calendar.at_time(self.on, second)

    def _change_requests(self, at: datetime) -> None:
        """One firm shortens its window, one more comes to the platform's own desk by telephone."""
        with self.world.act() as session:
            query = (
                select(PickupRequest)
                .where(PickupRequest.state == "open", PickupRequest.ready_on <= self.on)
                .order_by(PickupRequest.request_no)
            )
            first = session.scalars(query).first()
            if first is not None:
                desk = self.world.platforms[first.platform_id].desk
                requests.reschedule(
                    session,
                    actor=desk,
                    request_id=first.id,
                    ready_on=self.on,
                    windows=((9 * 3600, 11 * 3600), (13 * 3600, 16 * 3600)),
                    version=None,
                    now=at,
                )

    def _plan(self, say: Callable[[str], None]) -> tuple[UUID, int]:
        told = [0]

        def progress(step: Progress) -> None:
            if step.iterations - told[0] >= ITERATIONS // 4:
                told[0] = step.iterations
                count = f"{step.assigned} + {step.unassigned}"
                say(f"    {step.iterations}/{ITERATIONS}：已排 + 未排 planned + left out {count}")

        plan_id = planning.plan_day(
            self.world.database,
            actor=self.world.planner,
            service_on=self.on,
            seed=self.seed,
            stop=StopRule(iterations=ITERATIONS),
            now=lambda: self._at(PLAN_S),
            progress=progress,
        )
        with self.world.act() as session:
            plan = dispatch.publish(
                session, actor=self.world.planner, plan_id=plan_id, version=None, now=self._at(PUBLISH_S)
            )
            return plan_id, plan.stops_planned + plan.stops_unassigned

    def _rounds(self) -> list[Round]:
        with self.world.database.reading() as session:
            found = route_plans.rounds_on(session, self.on, states=("published",))
            session.expunge_all()
        return found

    def _send_back(self) -> None:
        """A dispatcher takes one stop off a long round: the firm has telephoned for another day."""
        longest = max(self._rounds(), key=lambda row: (_stops(row), row.round_no), default=None)
        if longest is None or _stops(longest) < 4:
            return
        candidates = [
            s for trip in longest.trips for s in trip.stops if s.request.enterprise_id != self.guest.id
        ]
        with self.world.act() as session:
            dispatch.send_back(
                session,
                actor=self.world.platforms[longest.platform_id].desk,
                request_id=candidates[-1].request_id,
                reason="another_day",
                note="",
                now=self._at(SEND_BACK_S),
            )

    def _round_for_the_guest(self) -> Round | None:
        """The round that stays published for the demo driver: the one that calls at the demo firm."""
        own = [row for row in self._rounds() if row.platform_id == self.guest.platform_id]
        calls = [row for row in own if self.guest.id in _firms(row)]
        if len(self._rounds()) < 2:
            return None
        return next(iter(calls), None) or next(iter(own), None)

    def _one_on_paper(self, left: Round | None) -> None:
        """The net was down at one gate: its manifest runs on paper and waits to be entered (Art. 20)."""
        rows = [row for row in self._rounds() if left is None or row.id != left.id]
        stop = next(
            (s for row in rows for trip in row.trips for s in trip.stops if s.state == "planned"), None
        )
        if stop is None:
            return
        with self.world.act() as session:
            paper = manifests_of_stops(session, [stop.id])[stop.id]
            manifests.use_paper(
                session,
                actor=self.world.platforms[paper.carrier_id].desk,
                manifest_id=paper.id,
                reason="网络中断，无法使用电子联单（示例）",
                paper_no="示例-纸-001",
                now=self._at(LOTS_OUT_S),
            )

    def _driven_stops(self, left: Round | None) -> list[Stop]:
        rows = [row for row in self._rounds() if left is None or row.id != left.id]
        return [s for row in rows for trip in row.trips for s in trip.stops if s.state == "planned"]

    def _hand_overs(self, left: Round | None) -> HandOvers:
        """How each gate will confirm; who will not be there to sign has consented before the day begins."""
        stops = self._driven_stops(left)
        made = HandOvers.of(
            self.world, stops, first=self.guest.platform_id, photo_folder=self.photo_folder, seed=self.seed
        )
        made.give_consents(stops, on=self.on, at=self._at(LOTS_OUT_S))
        return made

    def _certain_mishaps(self, left: Round | None) -> dict[UUID, Mishap]:
        """What is sure to happen on the demo day, besides what chance brings."""
        stops = self._driven_stops(left)
        if len(stops) < 5:
            return {}
        picked = self.rng.sample(stops, 5)
        mishaps = {
            picked[0].request_id: Mishap("nobody_there", "closed"),
            picked[1].request_id: Mishap("refuse_one", "label_differs", "标签写废油，实物为废乳化液"),
            picked[2].request_id: Mishap("refuse_all", "label_differs", "标签与实物不符"),
        }
        with self.world.database.reading() as session:
            for stop, mishap in (
                (picked[3], Mishap("refuse", "packaging_differs", "吨袋破损")),
                (picked[4], Mishap("outlier")),
            ):
                query = select(Container.id).where(Container.request_id == stop.request_id)
                first = session.scalars(query.order_by(Container.label_code)).first()
                if first is not None:
                    mishaps[first] = mishap
        return mishaps

    def _interludes(self, report: DayReport) -> list[tuple[int, Callable[[datetime], object]]]:
        def lots_arrive(at: datetime) -> None:
            report.lots_received = receive_lots(self.world, self.rng, at=at)

        def plants_treat(at: datetime) -> None:
            report.treatments = treat(self.world, at=at)

        def firms_ask_for_tomorrow(at: datetime) -> None:
            fresh = [(self.guest, self.guest.invented.streams[0][0], 120_000)]
            register(self.world, fresh, on=self.on, at=at, rng=self.rng, label=False)
            report.tomorrow = order(self.world, self.tomorrow, ready_on=self.next_on, at=at)

        return [(LOTS_IN_S, lots_arrive), (TREAT_S, plants_treat), (TOMORROW_S, firms_ask_for_tomorrow)]


def _stops(row: Round) -> int:
    return sum(len(trip.stops) for trip in row.trips)


def _firms(row: Round) -> set[UUID]:
    return {stop.request.enterprise_id for trip in row.trips for stop in trip.stops}
