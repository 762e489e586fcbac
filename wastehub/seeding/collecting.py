"""One collection day driven through the services: rounds leave, stops are served, trips are weighed in.

History and the demo day share this; they differ in how fine the clock ticks and in what goes wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from ..domain import calendar, storage_zones, waybills
from ..domain.actors import Actor
from ..ids import uuid7
from ..models import route_plans, stores
from ..models.batches import Batch, Container
from ..models.reference import WasteCode
from ..models.route_plans import Round, Stop, Trip
from ..services import reception, rounds, scans, storage
from ..services import waybills as waybill_acts
from ..services.reception import Decision, TripReception
from ..services.rounds import StopClosing
from ..services.scans import ScanReport
from ..services.storage import Move
from ..services.waybills import Checking
from .handing_over import HandOvers
from .world import World

SCAN_STEP_S = 150  # between two containers at a stop
WEIGH_SPREAD = 0.0012  # platform scale against vehicle scale, standard deviation
ESTIMATE_SPREAD = 0.03  # the firm's estimate against the vehicle's scale
SCALE_STEP_G = 100


@dataclass(frozen=True)
class Mishap:
    """What goes wrong at one stop or gate. `what`: a kind that `Day` knows."""

    what: str
    reason: str = ""
    note: str = ""


@dataclass
class Chances:
    """How often things go wrong, out of a million."""

    nobody_there_ppm: int = 8_000
    refused_at_pickup_ppm: int = 4_000
    refused_at_gate_ppm: int = 3_000
    outlier_ppm: int = 20_000
    estimate_outlier_ppm: int = 10_000


@dataclass
class Tally:
    """What a day came to."""

    rounds: int = 0
    stops_done: int = 0
    stops_missed: int = 0
    containers_scanned: int = 0
    collected_g: int = 0
    received_g: int = 0
    refused_g: int = 0
    refused_ids: list[UUID] = field(default_factory=list)
    out_of_tolerance: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Step:
    """Something that happens to a round at a second of the day."""

    at_s: int
    kind: str
    trip: Trip
    stop: Stop | None = None


class CollectionDay:
    """The published rounds of one day, driven to their end."""

    def __init__(
        self,
        world: World,
        on: date,
        *,
        rng: Random,
        tick_s: int,
        chances: Chances,
        leave_out: Callable[[Round], bool] = lambda row: False,
        mishaps: dict[UUID, Mishap] | None = None,
        hold_trips: set[UUID] | None = None,
        put_away_at_once: bool = False,
        interludes: Sequence[tuple[int, Callable[[datetime], object]]] = (),
        hand_overs: HandOvers | None = None,
    ) -> None:
        self.world, self.on, self.rng = world, on, rng
        self.tick_s, self.chances = tick_s, chances
        self.mishaps = mishaps or {}
        self.hold_trips = hold_trips or set()
        self.put_away_at_once = put_away_at_once
        self.interludes = sorted(interludes, key=lambda one: one[0])
        self.hand_overs = hand_overs
        self.tally = Tally()
        self._clock_s = 0
        with world.database.reading() as session:
            rows = route_plans.rounds_on(session, on, states=("published",))
            session.expunge_all()
        self.rounds = [row for row in rows if not leave_out(row)]
        self.tally.rounds = len(self.rounds)
        self.queues = {row.id: _steps(row) for row in self.rounds}
        self.by_id = {row.id: row for row in self.rounds}

    def drive(self) -> Tally:
        """Everything, in the order of the clock."""
        until_s = self.tick_s
        while any(self.queues.values()) or self.interludes:
            while batch := self._due(until_s):
                self._carry_out(batch)
            self._interrupt(until_s)
            until_s += self.tick_s
        if self.rounds and not self.put_away_at_once:
            self.put_away()
        return self.tally

    def hold_one(self) -> set[UUID]:
        """One trip will arrive and stay unweighed: the ids of the trips that are held."""
        held = next((row.trips[-1].id for row in self.rounds if row.trips[-1].stops), None)
        self.hold_trips = {held} if held is not None else set()
        return self.hold_trips

    def _interrupt(self, until_s: int) -> None:
        """What others do that day, as far as its hour has come."""
        while self.interludes and self.interludes[0][0] <= until_s:
            at_s, act = self.interludes.pop(0)
            self._clock_s = max(self._clock_s, at_s)
            act(calendar.at_time(self.on, self._clock_s))

    def _due(self, until_s: int) -> dict[str, list[_Step]]:
        """The next steps of every round up to a moment, none past the end of the trip it is on."""
        due: dict[str, list[_Step]] = defaultdict(list)
        for queue in self.queues.values():
            trip = queue[0].trip if queue else None
            while queue and queue[0].at_s <= until_s and (queue[0].trip is trip or queue[0].kind == "finish"):
                step = queue.pop(0)
                due[step.kind].append(step)
        return due

    def _now(self, steps: Sequence[_Step]) -> datetime:
        """The latest of the steps; the clock never goes back."""
        self._clock_s = max(self._clock_s, *(step.at_s for step in steps))
        return calendar.at_time(self.on, self._clock_s)

    def _driver(self, trip: Trip) -> Actor:
        row = self.by_id[trip.round_id]
        assert row.driver is not None
        return Actor(
            author=f"crew:{row.driver.certificate_no}", role="driver", organisation_id=row.platform_id
        )

    def _desk(self, trip: Trip) -> Actor:
        return self.world.platforms[self.by_id[trip.round_id].platform_id].desk

    def _carry_out(self, due: dict[str, list[_Step]]) -> None:
        for kind, act in (
            ("start", self._start),
            ("serve", self._serve),
            ("close", self._close),
            ("arrive", self._arrive),
            ("receive", self._receive),
            ("finish", self._finish),
        ):
            if steps := due.get(kind):
                act(steps)

    def _start(self, steps: list[_Step]) -> None:
        starts = [(self._driver(step.trip), step.trip.round_id) for step in steps]
        walks = [
            Checking(self._driver(trip), trip.id, waybills.ALL_PASSED)
            for step in steps
            for trip in self.by_id[step.trip.round_id].trips
            if trip.state == "planned"
        ]
        with self.world.act() as session:
            waybill_acts.record_checks(session, checkings=walks, now=self._now(steps))
            rounds.start_rounds(session, starts=starts, now=self._now(steps))

    def _serve(self, steps: list[_Step]) -> None:
        """The crew scans what stands there."""
        now = self._now(steps)
        with self.world.act() as session:
            waiting = _containers_of(session, [step.stop.request_id for step in steps if step.stop])
            reports: list[ScanReport] = []
            for step in steps:
                assert step.stop is not None
                reports += self._reports(step, waiting.get(step.stop.request_id, []), now)
            reports.sort(key=lambda report: (report.scanned_at, report.device_seq))
            for part in _parts(reports, 2_000):
                for verdict, report in zip(
                    scans.record_scans(session, reports=part, now=now), part, strict=True
                ):
                    self._count(report, verdict)

    def _count(self, report: ScanReport, verdict: scans.ScanVerdict) -> None:
        if verdict.outcome == "accepted" and report.kind == "load":
            self.tally.containers_scanned += 1
            self.tally.collected_g += report.measured_g or 0

    def _reports(self, step: _Step, containers: Sequence[Container], now: datetime) -> Iterator[ScanReport]:
        stop = step.stop
        assert stop is not None
        mishap = self.mishaps.get(stop.request_id) or self._pickup_mishap(stop)
        if mishap.what:
            self.mishaps[stop.request_id] = mishap
        if mishap.what == "nobody_there":
            return
        firm = stop.request.enterprise
        for at, container in enumerate(containers):
            refused = mishap.what == "refuse_all" or (mishap.what == "refuse_one" and at == 0)
            seconds = min(stop.service_start_s + 600 + at * SCAN_STEP_S, stop.depart_s - 1)
            at_time = min(calendar.at_time(self.on, max(seconds, 0)), now)
            row = self.by_id[step.trip.round_id]
            yield ScanReport(
                actor=self._driver(step.trip),
                scan_id=uuid7(int(at_time.timestamp() * 1000), self.rng.getrandbits(74)),
                device_id=f"demo:{row.vehicle.plate}",
                device_seq=self.world.next_scan(),
                round_id=row.id,
                kind="refuse" if refused else "load",
                label_code=container.label_code,
                scanned_at=at_time,
                measured_g=None if refused else self._weighed_at_loading(container),
                reason=mishap.reason if refused else "",
                note=mishap.note if refused else "",
                lon_e6=firm.lon_e6 + self.rng.randint(-150, 150),
                lat_e6=firm.lat_e6 + self.rng.randint(-150, 150),
                accuracy_m=self.rng.randint(4, 18),
            )

    def _by_chance(self, ppm: int) -> bool:
        return self.rng.randrange(1_000_000) < ppm

    def _pickup_mishap(self, stop: Stop) -> Mishap:
        roll = self.rng.randrange(1_000_000)
        if roll < self.chances.nobody_there_ppm:
            return Mishap("nobody_there", self.rng.choice(("closed", "no_contact", "not_ready")))
        if roll < self.chances.nobody_there_ppm + self.chances.refused_at_pickup_ppm:
            # The demo takes no photos, so it gives only reasons that ask for none.
            reason = self.rng.choice(("no_room", "not_in_request", "label_differs"))
            return Mishap("refuse_one", reason, "标签与实物不符" if reason == "label_differs" else "")
        return Mishap("")

    def _weighed_at_loading(self, container: Container) -> int:
        """What the vehicle's scale says of a mass that the firm estimated or weighed."""
        weighed_before = container.batch.basis == "weighed"
        share = self.rng.gauss(0, WEIGH_SPREAD if weighed_before else ESTIMATE_SPREAD)
        if not weighed_before:
            share = max(-0.09, min(0.09, share))
        drift = self.world.drift.get(container.batch.enterprise_id)
        if drift is not None:
            share += drift
        elif not weighed_before and self._by_chance(self.chances.estimate_outlier_ppm):
            share = self.rng.choice((-1, 1)) * self.rng.uniform(0.12, 0.25)
        return _on_scale(container.mass_g, share)

    def _close(self, steps: list[_Step]) -> None:
        """The crew leaves: nobody there and everything refused count as missed."""
        now = self._now(steps)
        with self.world.act() as session:
            closings = [self._closing(session, step, now) for step in steps]
            for stop in rounds.close_stops(session, closings=closings, now=now):
                if stop.state == "missed":
                    self.tally.stops_missed += 1
                else:
                    self.tally.stops_done += 1

    def _closing(self, session: Session, step: _Step, now: datetime) -> StopClosing:
        """How a stop is left; before, the firm confirms what it gave, where the day is told so finely."""
        assert step.stop is not None
        crew = self._driver(step.trip)
        mishap = self.mishaps.get(step.stop.request_id, Mishap(""))
        if mishap.what == "nobody_there":
            return StopClosing(crew, step.stop.id, "missed", mishap.reason)
        if self.hand_overs is None:
            return StopClosing(crew, step.stop.id, "done")
        at = min(calendar.at_time(self.on, step.at_s), now)
        reason, note = self.hand_overs.confirm(session, crew=crew, stop=step.stop, at=at, now=now)
        return StopClosing(crew, step.stop.id, "done", reason, note)

    def _arrive(self, steps: list[_Step]) -> None:
        arrivals = [(self._driver(step.trip), step.trip.id) for step in steps]
        with self.world.act() as session:
            rounds.arrive(session, arrivals=arrivals, now=self._now(steps))

    def _receive(self, steps: list[_Step]) -> None:
        """The platform weighs everything and puts it away."""
        steps = [step for step in steps if step.trip.id not in self.hold_trips]
        if not steps:
            return
        now = self._now(steps)
        with self.world.act() as session:
            aboard = _aboard(session, [step.trip.id for step in steps])
            orders = [self._weigh_in(step, aboard.get(step.trip.id, [])) for step in steps]
            reception.receive_trips(session, receptions=orders, now=now)
        if self.put_away_at_once:
            self.put_away()

    def _weigh_in(self, step: _Step, containers: Sequence[Container]) -> TripReception:
        decisions = []
        for container in containers:
            mishap = self.mishaps.get(container.id) or self._gate_mishap()
            share = self.rng.gauss(0, WEIGH_SPREAD)
            if mishap.what == "outlier":
                share = self.rng.choice((-1, 1)) * self.rng.uniform(0.05, 0.15)
            weighed_g = _on_scale(container.mass_g, share)
            refused = mishap.what == "refuse"
            if refused:
                self.tally.refused_g += container.mass_g
                self.tally.refused_ids.append(container.id)
            else:
                self.tally.received_g += weighed_g
            decisions.append(
                Decision(
                    container.id,
                    weighed_g,
                    "refused" if refused else "accepted",
                    mishap.reason if refused else "",
                    mishap.note if refused else "",
                )
            )
        return TripReception(self._desk(step.trip), step.trip.id, tuple(decisions))

    def _gate_mishap(self) -> Mishap:
        roll = self.rng.randrange(1_000_000)
        if roll < self.chances.refused_at_gate_ppm:
            return Mishap("refuse", "packaging_differs", "包装破损，已拍照")
        if roll < self.chances.refused_at_gate_ppm + self.chances.outlier_ppm:
            return Mishap("outlier")
        return Mishap("")

    def put_away(self) -> None:
        """Everything received so far goes into the zone that the rules suggest; the rest waits for one."""
        now = calendar.at_time(self.on, self._clock_s)
        with self.world.act() as session:
            moves = _suggested(self.world, session)
            if moves:
                storage.put_away(session, moves=moves, now=now)

    def _finish(self, steps: list[_Step]) -> None:
        finishes = [(self._driver(step.trip), step.trip.round_id) for step in steps]
        with self.world.act() as session:
            rounds.finish_rounds(session, finishes=finishes, now=self._now(steps))


def _steps(row: Round) -> list[_Step]:
    """What the plan says will happen to a round, in order."""
    trips = [trip for trip in row.trips if trip.state == "planned"]
    steps = [_Step(row.start_s, "start", trips[0])]
    for trip in trips:
        for stop in trip.stops:
            if stop.state != "planned":
                continue
            steps.append(_Step(stop.depart_s, "serve", trip, stop))
            steps.append(_Step(stop.depart_s, "close", trip, stop))
        steps.append(_Step(trip.return_s, "arrive", trip))
        steps.append(_Step(max(trip.unloaded_s, trip.return_s), "receive", trip))
    last = trips[-1]
    steps.append(_Step(max(last.unloaded_s, row.end_s), "finish", last))
    return steps


def _on_scale(mass_g: int, share: float) -> int:
    """The mass with a relative error, as a scale shows it."""
    return max(SCALE_STEP_G, round(mass_g * (1 + share) / SCALE_STEP_G) * SCALE_STEP_G)


def _parts(reports: list[ScanReport], size: int) -> Iterator[list[ScanReport]]:
    for start in range(0, len(reports), size):
        yield reports[start : start + size]


def _containers_of(session: Session, request_ids: Sequence[UUID]) -> dict[UUID, list[Container]]:
    query = (
        select(Container)
        .where(Container.request_id.in_(request_ids), Container.state == "labelled")
        .options(joinedload(Container.batch))
        .order_by(Container.label_code)
    )
    found: dict[UUID, list[Container]] = defaultdict(list)
    for container in session.scalars(query):
        assert container.request_id is not None
        found[container.request_id].append(container)
    return found


def _aboard(session: Session, trip_ids: Sequence[UUID]) -> dict[UUID, list[Container]]:
    query = (
        select(Container)
        .where(Container.trip_id.in_(trip_ids), Container.state == "loaded")
        .order_by(Container.label_code)
    )
    found: dict[UUID, list[Container]] = defaultdict(list)
    for container in session.scalars(query):
        assert container.trip_id is not None
        found[container.trip_id].append(container)
    return found


def _suggested(world: World, session: Session) -> list[Move]:
    """A move for each container that waits for a zone and for which a zone is free."""
    query = (
        select(Container, WasteCode)
        .join(Batch, Batch.id == Container.batch_id)
        .join(WasteCode, WasteCode.code == Batch.waste_code)
        .where(Container.state == "stored", Container.zone_id.is_(None))
        .options(contains_eager(Container.batch))
        .order_by(Container.label_code)
    )
    waiting = session.execute(query).all()
    zones = stores.stores(session, list(world.platforms)) if waiting else {}
    matrix = stores.matrix(session)
    moves = []
    for container, waste in waiting:
        assert container.holder_id is not None
        load = stores.load_of(container.batch, waste)
        zone = storage_zones.suggest(zones[container.holder_id].values(), load, container.mass_g, matrix)
        if zone is not None:
            zone.put(load, container.mass_g)
            moves.append(Move(world.platforms[container.holder_id].desk, container.id, UUID(str(zone.key))))
    return moves
