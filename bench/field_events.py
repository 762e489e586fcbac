"""A day-long outage ends: what 50 phones kept is taken in. `python3 -m wastehub bench field_events`.

50 crews, each with a round of eight firms and 45 drums at each; every phone has signed 400 events without a
network (departure, loads, closings, arrival, end of the day, some drums scanned twice) and sends them in
requests of 50. Beside it the rate at which the same database inserts and commits a row of that size.
Writes docs/benchmarks/field_events.md.
"""

from __future__ import annotations

import argparse
import base64
import os
import platform
import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.ledger_costs import stores  # noqa: E402
from tests import firms  # noqa: E402
from tests.services import planning_world as world  # noqa: E402
from tests.services.phones import SEALS  # noqa: E402
from wastehub import ledger, migrate  # noqa: E402
from wastehub.db import Database  # noqa: E402
from wastehub.domain import calendar, field_events, waybills  # noqa: E402
from wastehub.domain.actors import Actor  # noqa: E402
from wastehub.models.batches import Container  # noqa: E402
from wastehub.models.field import DeviceEvent  # noqa: E402
from wastehub.models.requests import PickupRequest  # noqa: E402
from wastehub.models.route_plans import Round, RoutePlan, Stop, Trip  # noqa: E402
from wastehub.models.users import User  # noqa: E402
from wastehub.models.vehicles import CrewMember, Vehicle, VehicleCategory  # noqa: E402
from wastehub.seeding import reference, region  # noqa: E402
from wastehub.services import dispatch  # noqa: E402
from wastehub.services.field import devices, intake  # noqa: E402

STOPS, DRUMS, DRUM_G = 8, 45, 10_000
PER_PHONE = 400
# As the phone itself sends them.
MOST = 50
PLACE = {"lon_e6": 120_700_000, "lat_e6": 30_750_000, "accuracy_m": 12}
DAY = world.DAY
REPORT = ROOT / "docs" / "benchmarks" / "field_events.md"


def at(hour: float) -> datetime:
    return calendar.at_time(DAY, 0) + timedelta(hours=hour)


# -- the day that was planned ------------------------------------------------------------------------


@dataclass
class Crew:
    """One phone: whose it is, what it signed, and what it has to do."""

    actor: Actor
    round_id: UUID
    trip_id: UUID
    stops: list[tuple[UUID, list[str]]]
    device_id: UUID = field(default_factory=uuid4)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    outbox: list[intake.Sent] = field(default_factory=list)
    head: str = ""

    def sign(self, text: str) -> str:
        return base64.b64encode(self.key.sign(text.encode())).decode()

    def do(self, kind: str, body: dict[str, Any], hour: float) -> None:
        text = field_events.canonical(
            {
                "v": 1,
                "id": str(uuid4()),
                "device": str(self.device_id),
                "seq": len(self.outbox) + 1,
                "prev": self.head,
                "kind": kind,
                "at": _spoken(at(hour)),
                "by": str(self.actor.user_id),
                "body": body,
                "place": PLACE | {"at": _spoken(at(hour))},
            }
        )
        self.head = field_events.sha256(text)
        self.outbox.append(intake.Sent(text, self.sign(text)))


def _spoken(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def build(database: Database, crews: int) -> list[Crew]:
    """Firms with waste, vehicles, crews, a published plan, registered phones."""
    migrate.upgrade(database.engine)
    with database.transaction() as session:
        reference.load_reference(session, now=firms.NOW)
        region.load_region(session, folder="jiaxing", now=firms.NOW)
    for serial in range(1, crews * STOPS + 1):
        with database.transaction() as session:
            firm = firms.enrolled(session, serial)
            firms.sign(session, firm)
            firms.plan(session, firm, (world.OIL, 20_000_000))
            packed = {"waste_code": world.OIL, "container_type": "STEEL200O", "form": "solid"}
            drums = firms.labelled(session, firm, *(DRUM_G,) * DRUMS, **packed)
            firms.requested(session, firm, drums, ready_on=firms.TODAY)
    plan_id = _draft(database, crews)
    with database.transaction() as session:
        who = firms.dispatcher(session)
        dispatch.publish(session, actor=who, plan_id=plan_id, version=None, now=firms.NOW)
    return _phones(database)


def _draft(database: Database, crews: int) -> UUID:
    """A plan made by hand: one round of eight stops for each crew."""
    with database.transaction() as session:
        base = firms.platform_for(session, "330411")
        requests = list(session.scalars(select(PickupRequest).order_by(PickupRequest.request_no)))
        model = session.scalars(select(Vehicle).where(Vehicle.use == "collection")).first()
        assert model is not None
        licensed = select(VehicleCategory.category_code).where(VehicleCategory.vehicle_id == model.id)
        categories = list(session.scalars(licensed))
        plan = RoutePlan(
            id=uuid4(), plan_no="JH-BENCH", service_on=DAY, state="draft", seed=1, engine="by hand",
            engine_version="1", problem_digest="", problem={}, solution={}, stops_planned=len(requests),
            stops_unassigned=0, distance_m=0, drive_s=0, cost_fen=0, drafted_by="user:bench",
            drafted_at=firms.NOW,
        )  # fmt: skip
        session.add(plan)
        for number in range(crews):
            vehicle, people = _vehicle(number, base.id, model), [_person(number, k, base.id) for k in (0, 1)]
            session.add_all([vehicle, *(user for user, _ in people)])
            session.flush()
            session.add_all([member for _, member in people])
            session.add_all([VehicleCategory(vehicle_id=vehicle.id, category_code=c) for c in categories])
            session.flush()
            mine = requests[number * STOPS : (number + 1) * STOPS]
            session.add_all(_round(plan.id, base.id, number, vehicle, people, mine))
            session.flush()
        return plan.id


def _vehicle(number: int, platform_id: UUID, model: Vehicle) -> Vehicle:
    names = {column.key for column in Vehicle.__table__.columns} - {"id", "plate", "version"}
    values = {name: getattr(model, name) for name in names}
    values |= {"platform_id": platform_id, "capacity_g": 20_000_000, "active": True}
    return Vehicle(id=uuid4(), plate=f"示{number:05d}", **values)


def _person(number: int, seat: int, platform_id: UUID) -> tuple[User, CrewMember]:
    kind = ("driver", "escort")[seat]
    name = f"示例{kind}{number}"
    user = User(
        id=uuid4(),
        login=f"{kind}{number}",
        display_name=name,
        password_hash="-",
        role="driver",
        organisation_id=platform_id,
        created_at=firms.NOW,
    )
    member = CrewMember(
        id=uuid4(),
        platform_id=platform_id,
        user_id=user.id,
        name=name,
        kind=kind,
        certificate_no=f"B{kind}{number}",
        certificate_valid_until_on=DAY.replace(year=2030),
    )
    return user, member


def _round(
    plan_id: UUID,
    platform_id: UUID,
    number: int,
    vehicle: Vehicle,
    people: Any,
    requests: list[PickupRequest],
) -> list[Any]:
    row = Round(
        id=uuid4(),
        round_no=f"BENCH-{number:03d}",
        plan_id=plan_id,
        platform_id=platform_id,
        vehicle_id=vehicle.id,
        driver_id=people[0][1].id,
        escort_id=people[1][1].id,
        service_on=DAY,
        state="planned",
        start_s=28_800,
        end_s=61_200,
        distance_m=0,
        drive_s=0,
        cost_fen=0,
    )
    trip = Trip(
        id=uuid4(), round_id=row.id, seq=1, state="planned", leave_s=28_800, return_s=61_200, unloaded_s=0
    )
    stops = [
        Stop(
            id=uuid4(),
            trip_id=trip.id,
            request_id=request.id,
            seq=seq,
            state="planned",
            arrive_s=30_000,
            service_start_s=30_000,
            depart_s=31_000,
            containers_planned=DRUMS,
            planned_g=DRUMS * DRUM_G,
        )
        for seq, request in enumerate(requests, 1)
    ]
    return [row, trip, *stops]


def _phones(database: Database) -> list[Crew]:
    made = []
    with database.reading() as session:
        for row in session.scalars(select(Round).order_by(Round.round_no)).all():
            trip = session.scalars(select(Trip).where(Trip.round_id == row.id)).one()
            member = session.get_one(CrewMember, row.driver_id)
            user = session.get_one(User, member.user_id)
            stops = []
            for stop in session.scalars(select(Stop).where(Stop.trip_id == trip.id).order_by(Stop.seq)).all():
                labels = select(Container.label_code).where(Container.request_id == stop.request_id)
                stops.append((stop.id, list(session.scalars(labels.order_by(Container.label_code)))))
            actor = Actor(user.author, "driver", user.id, user.organisation_id)
            made.append(Crew(actor, row.id, trip.id, stops))
    for crew in made:
        _register(database, crew)
        _work(crew)
    return made


def _register(database: Database, crew: Crew) -> None:
    public = base64.b64encode(crew.key.public_key().public_bytes_raw()).decode()
    text = field_events.canonical(
        {"v": 1, "purpose": "register", "device": str(crew.device_id), "by": str(crew.actor.user_id),
         "at": _spoken(at(6)), "algorithm": "ed25519", "public_key": public, "name": "示例手机"}
    )  # fmt: skip
    with database.transaction() as session:
        devices.register(
            session, actor=crew.actor, text=text, sig=crew.sign(text), hours=72, most=9, now=at(6)
        )


def _work(crew: Crew) -> None:
    """A day without a network, in 400 events."""
    chance = random.Random(crew.round_id.int)
    round_ = {"round_id": str(crew.round_id)}
    crew.do("round_start", round_ | {"checks": dict(waybills.ALL_PASSED), "note": ""}, 8)
    twice = PER_PHONE - 3 - len(crew.stops) * (DRUMS + 1)
    for number, (stop_id, labels) in enumerate(crew.stops):
        hour = 8.5 + number
        for label in labels:
            body = round_ | {"stop_id": str(stop_id), "label_code": label}
            mass = DRUM_G + chance.randint(-40, 40)
            crew.do("load", body | {"measured_g": mass}, hour)
            if twice > 0 and chance.random() < 0.15:
                twice -= 1
                crew.do("load", body | {"measured_g": mass}, hour)
        crew.do("stop_close", {"stop_id": str(stop_id), "outcome": "done"}, hour + 0.5)
    crew.do("trip_arrive", {"trip_id": str(crew.trip_id)}, 17)
    while len(crew.outbox) < PER_PHONE - 1:
        crew.do("load", round_ | {"label_code": crew.stops[0][1][0], "measured_g": DRUM_G}, 17)
    crew.do("round_finish", round_ | {"unsent_seen": 0}, 17.5)


# -- what is measured ----------------------------------------------------------------------------------


@dataclass
class Measured:
    database: str
    events: int
    seconds: float
    requests_ms: list[float]
    outcomes: dict[str, int]
    raw_rows_per_s: float
    workers: int
    cpu_s: float
    load: float

    @property
    def line(self) -> str:
        ms = sorted(self.requests_ms)
        p99 = ms[min(len(ms) - 1, round(0.99 * (len(ms) - 1)))]
        rate = self.events / self.seconds
        told = ", ".join(f"{count:,} {name}" for name, count in sorted(self.outcomes.items()))
        return (
            f"| {self.database} | {self.workers} | {self.events:,} | {self.seconds:.0f} | {rate:,.0f} "
            f"| {self.cpu_s / self.events * 1000:.1f} | {statistics.median(ms):,.0f} | {p99:,.0f} "
            f"| {self.raw_rows_per_s:,.0f} | {self.load:.1f} | {told} |"
        )


def take_in(database: Database, crews: list[Crew], workers: int) -> tuple[float, list[float], dict[str, int]]:
    """All outboxes, sent by some connections at a time; an error ends the measurement."""
    waiting, times, outcomes, failed = list(crews), [], {}, []
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting or failed:
                    return
                crew = waiting.pop()
            try:
                for first in range(0, len(crew.outbox), MOST):
                    _send(database, crew, crew.outbox[first : first + MOST], times, outcomes, lock)
            except Exception as error:
                failed.append(error)
                raise

    begun = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]
    return time.perf_counter() - begun, times, outcomes


def _send(database: Database, crew: Crew, sent: Any, times: Any, outcomes: Any, lock: Any) -> None:
    upload = intake.Upload(crew.device_id, at(32), sent)
    begun = time.perf_counter()
    answer = intake.take_in(
        database.reading,
        database.transaction,
        actor=crew.actor,
        upload=upload,
        seals=SEALS,
        hours=72,
        now=at(32),
    )
    took = (time.perf_counter() - begun) * 1000
    with lock:
        times.append(took)
        for verdict in answer.verdicts:
            outcomes[verdict.outcome] = outcomes.get(verdict.outcome, 0) + 1


def check(database: Database, crews: list[Crew]) -> None:
    """Nothing lost, nothing twice, books and log whole."""
    with database.reading() as session:
        kept = session.scalar(select(func.count()).select_from(DeviceEvent))
        assert kept == sum(len(crew.outbox) for crew in crews)
        report = ledger.verify(session)
        assert report.ok, report.problems[:3]
        assert ledger.unexplained_g(session) == 0
        assert set(session.scalars(select(Round.state))) == {"finished"}


def measure(name: str, folder: Path, crews: int, workers: int) -> Measured:
    with stores.url(name, folder) as address:
        database = Database(address, signer=ledger.Signer.generate())
        made = build(database, crews)
        raw = stores.raw_commits_per_s(address)
        load, cpu = os.getloadavg()[0], time.process_time()
        took, times, outcomes = take_in(database, made, workers)
        cpu = time.process_time() - cpu
        check(database, made)
        events = sum(len(crew.outbox) for crew in made)
        found = Measured(name, events, took, times, outcomes, raw, workers, cpu, load)
        database.dispose()
    print(found.line, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crews", type=int, default=50, help="phones, with 400 events each")
    parser.add_argument("--workers", type=int, default=4, help="connections at a time")
    parser.add_argument("--only", choices=stores.KINDS, help="one database; writes no report")
    arguments = parser.parse_args()
    rows = []
    for kind in [arguments.only] if arguments.only else stores.KINDS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(kind, Path(folder), arguments.crews, arguments.workers))
    if arguments.only is None:
        REPORT.write_text(report(rows, arguments.crews), encoding="utf-8")
        print(f"written: {REPORT.relative_to(ROOT)}")


COLUMNS = (
    "database",
    "connections",
    "events",
    "seconds",
    "events/s",
    "CPU ms an event",
    "ms a request, median",
    "ms a request, p99",
    "raw inserts with commit/s",
    "load",
    "outcomes",
)
METHOD = f"""Each phone has signed {PER_PHONE} events (Ed25519) without a network and sends them {MOST} at a \
time, as the app does. Every event is verified, judged, carried out and answered, and leaves its \
entries in the sealed ledger; afterwards the whole log verifies, no gram is unexplained and \
every round is finished."""
NOTES = """Raw: one row of 600 bytes inserted and committed alone by the bare driver on the same database. \
An event writes its own row, moves a container, posts grams between accounts and signs a ledger \
entry; a run of scans shares one commit. CPU: of this process, so without PostgreSQL's own. \
Load: average of the machine at the start of the measurement; other work on it lengthens seconds \
and percentiles, not CPU."""


def report(rows: list[Measured], crews: int) -> str:
    python, cores = platform.python_version(), os.cpu_count()
    begun = f"`python3 -m wastehub bench field_events --crews {crews}` wrote this file"
    table = [f"| {' | '.join(COLUMNS)} |", "|---|" + "---:|" * (len(COLUMNS) - 2) + "---|"]
    return "\n".join(
        [
            "# A day-long outage ends: events of phones",
            "",
            f"{begun} ({crews} phones, Python {python}, {cores} cores).",
            METHOD,
            "",
            *table,
            *(row.line for row in rows),
            "",
            NOTES,
            "",
        ]
    )


if __name__ == "__main__":
    main()
