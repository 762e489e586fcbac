"""The histories of test_field_replay through the real services and tables: 30 on SQLite, 4 on PostgreSQL.

What the 2,000 in memory cannot show: savepoints, rows, books and ledger of the real thing agree with them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from tests.databases import KINDS, Databases
from tests.services import planning_world as world
from tests.services import test_field_replay as replay
from tests.services.driving_world import Road, at, road
from tests.services.phones import HOURS, SEALS, Phone, person
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import waybills
from wastehub.domain.actors import Actor
from wastehub.models.batches import Container
from wastehub.models.field import Device, DeviceEvent, FieldConflict
from wastehub.models.route_plans import Round, Stop, Trip
from wastehub.services.field import devices, intake

HISTORIES = {"sqlite": 30, "postgresql": 4}
LOADS = ((world.OIL, (150_000, 150_000)),)
SENT_HOUR = 48.0
REQUESTS_MAX = 2


@dataclass
class Stage:
    """One published round of three drums at two firms; histories are played on it and rolled back."""

    database: Database
    on: Road
    people: list[Actor]
    drums: dict[str, str]
    stops: dict[str, str]
    trip_id: str


@pytest.fixture(scope="module", params=KINDS)
def stage(request: pytest.FixtureRequest, test_databases: Databases) -> Iterator[Stage]:
    for database in test_databases.lent(request.param, "reference"):
        yield built(database)


def built(database: Database) -> Stage:
    on = road(database, 2, *LOADS)
    people = [person(database, on, "driver"), person(database, on, "escort")]
    first, second = on.stops()
    labels = on.labels(first)
    drums = {"d1": labels[0], "d2": labels[1], "d3": on.labels(second)[0]}
    with database.reading() as session:
        trip_id = str(on.row(session).trips[0].id)
    return Stage(database, on, people, drums, {"s1": str(first.id), "s2": str(second.id)}, trip_id)


class Killed(Exception):
    """The server dies before it commits."""


@dataclass
class Play:
    """One history on one connection that is rolled back in the end."""

    stage: Stage
    connection: Connection
    phones: list[Phone] = field(default_factory=list)
    dies_after: int = 10**9

    def session(self) -> Session:
        database = self.stage.database
        return Session(
            self.connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info={"signer": database.signer, "new_id": database.new_id},
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self.session() as session, session.begin():
            yield session
            session.flush()
            self.dies_after -= 1
            if self.dies_after < 0:
                raise Killed

    def script(self, doings: Sequence[replay.Doing], skews: Sequence[timedelta]) -> None:
        """The phones, registered, with all that they sign in their outboxes."""
        for number, skew in enumerate(skews):
            phone = Phone(self.stage.database, self.stage.people[number % 2], skew=skew)
            text = phone.registration()
            with self.transaction() as session:
                devices.register(session, actor=phone.actor, text=text, sig=phone.sign(text), hours=HOURS,
                                 most=9, now=at(0))  # fmt: skip
            self.phones.append(phone)
        for doing in sorted(doings, key=lambda each: each.minute):
            self.phones[doing.phone].do(*self._event(doing))

    def _event(self, doing: replay.Doing) -> tuple[str, dict[str, Any], float]:
        stage, hour = self.stage, doing.minute / 60
        stop = stage.stops[replay.STOP_OF[doing.drum]]
        scan = {"round_id": str(stage.on.round_id), "label_code": stage.drums[doing.drum], "stop_id": stop}
        round_ = {"round_id": str(stage.on.round_id)}
        return {
            "start": ("round_start", round_ | {"checks": dict(waybills.ALL_PASSED)}, hour),
            "load": ("load", scan | {"measured_g": doing.mass_g}, hour),
            "unload": ("unload_back", scan, hour),
            "refuse": (
                "refuse",
                scan | {"reason": "leaking", "note": "示例", "photo_sha256": "a" * 64},
                hour,
            ),
            "close": ("stop_close", {"stop_id": stop, "outcome": "done"}, hour),
            "miss": ("stop_close", {"stop_id": stop, "outcome": "missed", "reason": "closed"}, hour),
            "arrive": ("trip_arrive", {"trip_id": stage.trip_id}, hour),
            "finish": ("round_finish", round_ | {"unsent_seen": 0}, hour),
        }[doing.kind]

    def send(self, phone: int, numbers: Sequence[int], hour: float = SENT_HOUR) -> list[intake.Verdict]:
        made = self.phones[phone]
        upload = intake.Upload(made.device_id, at(hour) - made.skew, [made.outbox[n] for n in numbers])
        answer = intake.take_in(self.session, self.transaction, actor=made.actor, upload=upload, seals=SEALS,
                                hours=HOURS, now=at(hour))  # fmt: skip
        return answer.verdicts

    # -- how it ended -------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        with self.session() as session:
            made: dict[str, Any] = {}
            for name, label in self.stage.drums.items():
                row = session.scalars(select(Container).where(Container.label_code == label)).one()
                made[name] = (row.state, row.measured_g)
            for name, stop_id in self.stage.stops.items():
                made[name] = session.get_one(Stop, UUID(stop_id)).state
            made["trip"] = session.get_one(Trip, UUID(self.stage.trip_id)).state
            made["round"] = session.get_one(Round, self.stage.on.round_id).state
            return made

    def disputed(self) -> set[str]:
        found: set[str] = set()
        names = {stop_id: name for name, stop_id in self.stage.stops.items()}
        with self.session() as session:
            for row in session.scalars(select(FieldConflict).where(FieldConflict.state == "open")):
                found |= {"round", "trip"}
                stop = names.get(str(row.stop_id))
                at_stop = {d for d in replay.DRUMS if replay.STOP_OF[d] == stop}
                found |= {stop, *at_stop} if stop else {*replay.DRUMS, *self.stage.stops}
        return found

    def check(self) -> None:
        """Kept once, answered once, books and log whole."""
        with self.session() as session:
            assert session.scalar(select(func.count()).select_from(DeviceEvent)) == sum(
                len(phone.outbox) for phone in self.phones
            )
            for phone in self.phones:
                row = session.get_one(Device, phone.device_id)
                assert (row.last_seq, row.head, row.reported_seq) == (phone.seq, phone.head, phone.seq)
            report = ledger.verify(session)
            assert report.ok, report
            assert ledger.unexplained_g(session) == 0


@contextmanager
def playing(stage: Stage) -> Iterator[Play]:
    with stage.database.engine.connect() as connection:
        outer = connection.begin()
        yield Play(stage, connection)
        outer.rollback()


def on_the_road(
    stage: Stage, made: replay.History, deliver: Callable[[Play], None]
) -> tuple[dict[str, Any], set[str]]:
    doings, skews, _requests = made
    with playing(stage) as play:
        play.script(doings, skews)
        deliver(play)
        return play.facts(), play.disputed()


def ideally(doings: Sequence[replay.Doing]) -> Callable[[Play], None]:
    def deliver(play: Play) -> None:
        sent = [0, 0, 0]
        for doing in sorted(doings, key=lambda each: each.minute):
            play.send(doing.phone, [sent[doing.phone]])
            sent[doing.phone] += 1

    return deliver


def as_the_network_likes(requests: Sequence[dict[str, Any]]) -> Callable[[Play], None]:
    def deliver(play: Play) -> None:
        for request in requests:
            numbers = replay.numbers_of(request, len(play.phones[request["phone"]].outbox))
            if not numbers:
                continue
            play.dies_after = request["dies_at"]
            with suppress(Killed):
                play.send(request["phone"], numbers)
            play.dies_after = 10**9
        for phone, made in enumerate(play.phones):
            if made.outbox:
                answers = play.send(phone, range(len(made.outbox)))
                assert all(verdict.outcome != "waiting" for verdict in answers)
        play.check()

    return deliver


def test_stored_histories_end_in_the_ideal_facts_or_in_a_visible_conflict(stage: Stage) -> None:
    kind = stage.database.engine.dialect.name
    for seed in range(HISTORIES[kind]):
        made = replay.drawn_by(random.Random(10_000 + seed), acts_max=7)
        doings, _skews, requests = made
        facts, disputed = on_the_road(stage, made, as_the_network_likes(requests[:REQUESTS_MAX]))
        calm = (doings, [timedelta(0)] * 3, [])
        best, best_disputed = on_the_road(stage, calm, ideally(doings))
        differing = {name for name in best if facts[name] != best[name]}
        assert differing - disputed - best_disputed == set(), (seed, facts, best, disputed, made)
