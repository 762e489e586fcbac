"""A round on the road beside its custody: rest, relay, changes read, arrivals told, the end of the day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests.services import driving_world as driving
from tests.services import planning_world as world
from tests.services.driving_world import Road, at
from tests.services.phones import phone_of
from tests.services.test_replanning import publish, revised, served
from tests.web.conftest import add_user
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, NotFound, RuleViolation
from wastehub.domain.positions import Fix
from wastehub.models.batches import Container
from wastehub.models.duty import ArrivalNotice, DutyRest, Relay
from wastehub.models.manifests import ManifestCarriage, manifests_of_trips
from wastehub.models.organisations import Organisation
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import Round, Trip, full_round, rounds_on
from wastehub.models.vehicles import Vehicle, VehicleCategory
from wastehub.services import cab, duty, reception, rounds
from wastehub.services.duty import Closing, FixReport, RelayIn, RelayOut
from wastehub.services.planning import Incident, live_rounds


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def code_of(act: Callable[[], Any]) -> str:
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def do(database: Database, act: Any, **values: Any) -> Any:
    with database.transaction() as session:
        return act(session, **values)


def events(database: Database, kind: str) -> list[Any]:
    with database.reading() as session:
        return [each.event for each in ledger.entries_for(session) if each.event.type == kind]


# -- rest -------------------------------------------------------------------------------------------


def rest(road: Road, begin: float, end: float | None = None) -> None:
    who = {"actor": road.driver, "round_id": road.round_id}
    do(road.database, duty.begin_rest, at=at(begin), now=at(begin), **who)
    if end is not None:
        do(road.database, duty.end_rest, at=at(end), now=at(end), **who)


def clock(road: Road, hour: float) -> Any:
    with road.database.reading() as session:
        row = cab.my_round(session, actor=road.driver, round_id=road.round_id)
        return duty.cab_duty(session, actor=road.driver, row=row, now=at(hour))


def test_the_clock_runs_from_the_departure_and_stands_at_a_stop(database: Database) -> None:
    road = driving.started(database, 2)
    assert clock(road, 9).count.since_rest_s == 3600
    label = road.labels(road.stops()[0])[0]
    road.scan(road.report(label, scanned_at=at(9)), hour=9)
    standing = clock(road, 10)
    assert (standing.count.state, standing.count.since_rest_s) == ("standing", 3600)
    road.close(road.stops()[0].id, hour=10)
    driving_on = clock(road, 10.5)
    assert (driving_on.count.state, driving_on.count.since_rest_s) == ("driving", 5400)


def test_a_rest_is_written_down_and_starts_the_clock_anew(database: Database) -> None:
    road = driving.started(database, 2)
    rest(road, 11, 11 + 20 / 60)
    found = clock(road, 12)
    assert found.count.since_rest_s == 40 * 60 and found.resting is None
    assert [each.facts["lasted_s"] for each in events(database, "rest.ended")] == [1200]
    assert clock(road, 16).count.level == "over"


def test_driver_and_escort_tell_of_one_rest(database: Database) -> None:
    road = driving.started(database, 2)
    rest(road, 11)
    rest(road, 11.1)
    with database.reading() as session:
        assert session.scalars(select(DutyRest)).one().began_at == at(11)
    assert clock(road, 11.2).resting is not None
    do(database, duty.end_rest, actor=road.driver, round_id=road.round_id, at=at(11.4), now=at(11.4))
    again = lambda: do(  # noqa: E731
        database, duty.end_rest, actor=road.driver, round_id=road.round_id, at=at(11.5), now=at(11.5)
    )
    assert code_of(again) == "rest.not_open"


def test_a_rest_told_after_the_day_counts_if_it_was_on_duty(database: Database) -> None:
    road = driving.started(database, 1)
    late = {"actor": road.driver, "round_id": road.round_id, "now": at(14)}
    assert code_of(lambda: do(database, duty.begin_rest, at=at(7.9), **late)) == "round.not_under_way"
    road.close(road.stops()[0].id, "missed", "closed", hour=9)
    road.arrive(hour=10)
    road.finish(hour=11)
    do(database, duty.begin_rest, at=at(9.5), **late)
    assert code_of(lambda: do(database, duty.begin_rest, at=at(11.1), **late)) != ""


def test_somebody_elses_round_does_not_rest(database: Database) -> None:
    road = driving.started(database, 1)
    stranger = replace(road.driver, user_id=uuid4())
    with pytest.raises(NotFound):
        do(database, duty.begin_rest, actor=stranger, round_id=road.round_id, at=at(9), now=at(9))
    office = world.dispatcher(database)
    with pytest.raises(Forbidden):
        do(database, duty.begin_rest, actor=office, round_id=road.round_id, at=at(9), now=at(9))


# -- relay ------------------------------------------------------------------------------------------


class TwoVehicles:
    """One vehicle with a loaded stop, and another one that has taken over its other stops."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.giving = driving.road(database, firms=3)
        served(self.giving)
        self.labels = [label for stop in self.giving.stops()[:1] for label in self._loaded(stop.request_id)]
        publish(self.giving, revised(self.giving, "breakdown"))
        with database.reading() as session:
            other = next(
                row
                for row in rounds_on(session, driving.DAY)
                if row.id != self.giving.round_id and row.platform_id == self.giving.driver.organisation_id
            )
            self.plate = other.vehicle.plate
            self.own_plate = full_round(session, self.giving.round_id).vehicle.plate
        self.taking = Road(database, other.id, self.giving.driver)
        self.taking.start(hour=9.7)

    def _loaded(self, request_id: UUID) -> list[str]:
        with self.database.reading() as session:
            query = select(Container.label_code).where(Container.request_id == request_id)
            return list(session.scalars(query.order_by(Container.label_code)))

    def ids(self) -> list[UUID]:
        return [self.giving.container(label).id for label in self.labels]

    def give(self, hour: float = 10, **changes: Any) -> Relay:
        values = {"actor": self.giving.driver, "round_id": self.giving.round_id, "to_plate": self.plate}
        out = RelayOut(**(values | {"place": "示例路口"} | changes))
        return do(self.database, duty.give, out=out, at=at(hour), now=at(hour))  # type: ignore[no-any-return]

    def take(self, hour: float = 10.1, **changes: Any) -> Relay:
        values = {"actor": self.taking.driver, "round_id": self.taking.round_id, "from_plate": self.own_plate}
        into = RelayIn(**(values | changes))
        return do(self.database, duty.take, into=into, at=at(hour), now=at(hour))  # type: ignore[no-any-return]

    def trip_of(self, road: Road) -> UUID:
        with self.database.reading() as session:
            return next(t.id for t in road.row(session).trips if t.state == "under_way")


@pytest.fixture
def two(database: Database) -> TwoVehicles:
    return TwoVehicles(database)


def test_the_load_goes_over_when_both_crews_have_said_so(two: TwoVehicles, database: Database) -> None:
    assert two.give().state == "offered"
    assert {two.giving.container(each).trip_id for each in two.labels} == {two.trip_of(two.giving)}
    assert two.take(container_ids=two.ids()).state == "done"
    trip = two.trip_of(two.taking)
    assert {two.giving.container(each).trip_id for each in two.labels} == {trip}
    with database.reading() as session:
        paper = next(p for p in manifests_of_trips(session, [trip])[trip] if p.loaded_at is not None)
        carriage = session.scalars(select(ManifestCarriage)).one()
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0
    assert (carriage.manifest_id, carriage.seq, carriage.vehicle_plate) == (paper.id, 2, two.plate)
    assert carriage.place == "示例路口"
    [moved] = events(database, "custody.relayed")
    assert {line.place for line in moved.lines} == {f"veh:{two.own_plate}"}
    assert {line.to_place for line in moved.lines} == {f"veh:{two.plate}"}


def test_and_in_the_other_order(two: TwoVehicles) -> None:
    assert two.take(hour=10).state == "taken"
    assert two.give(hour=10.2).state == "done"
    assert {two.giving.container(each).trip_id for each in two.labels} == {two.trip_of(two.taking)}


def test_what_was_taken_over_is_weighed_in_with_the_other_trip(two: TwoVehicles, database: Database) -> None:
    two.give()
    two.take()
    for stop in two.taking.stops():
        if stop.state == "planned":
            two.taking.close(stop.id, "missed", "closed", hour=11)
    two.taking.arrive(hour=12)
    containers = [two.giving.container(label) for label in two.labels]
    trip = containers[0].trip_id
    assert trip is not None
    decisions = tuple(reception.Decision(each.id, each.mass_g) for each in containers)
    order = reception.TripReception(world.dispatcher(database), trip, decisions)
    do(database, reception.receive_trips, receptions=[order], now=at(13))
    with database.reading() as session:
        states = {p.state for p in manifests_of_trips(session, [trip])[trip]}
        assert states == {"accepted"}
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0


def test_the_giving_crew_may_report_when_the_other_is_back_already(
    two: TwoVehicles, database: Database
) -> None:
    two.take(hour=10)
    for stop in two.taking.stops():
        if stop.state == "planned":
            two.taking.close(stop.id, "missed", "closed", hour=10.5)
    trip = two.trip_of(two.taking)
    two.taking.arrive(hour=11)
    two.taking.finish(hour=11.5)
    assert two.give(hour=9.9).state == "done"
    assert {two.giving.container(each).trip_id for each in two.labels} == {trip}
    with database.reading() as session:
        [paper] = [p for p in manifests_of_trips(session, [trip])[trip] if p.loaded_at is not None]
        assert paper.state == "arrived" and paper.arrived_at == at(11) and paper.confirm_due_on is not None
        assert ledger.verify(session).ok


def test_after_the_weigh_in_it_is_too_late(two: TwoVehicles, database: Database) -> None:
    two.take(hour=10)
    for stop in two.taking.stops():
        if stop.state == "planned":
            two.taking.close(stop.id, "missed", "closed", hour=10.5)
    two.taking.arrive(hour=11)
    with database.transaction() as session:
        for trip in two.taking.row(session).trips:
            trip.state = "received"
    assert code_of(lambda: two.give(hour=12)) == "relay.no_trip"


def test_half_a_relay_is_seen_and_can_be_withdrawn(two: TwoVehicles, database: Database) -> None:
    made = two.give()
    office = world.dispatcher(database)
    with database.reading() as session:
        [row] = [session.get_one(Round, two.giving.round_id)]
        assert row.state == "under_way"
        [half] = duty.open_relays(session, actor=office, round_ids=[two.giving.round_id])
        assert (half.id, half.state, len(half.given)) == (made.id, "offered", len(two.labels))
    do(database, duty.withdraw, actor=office, relay_id=made.id, version=None, now=at(10.5))
    assert (
        code_of(
            lambda: do(database, duty.withdraw, actor=office, relay_id=made.id, version=None, now=at(10.6))
        )
        == "relay.not_open"
    )
    # The taking crew's half now waits for a new offer; nothing has moved.
    assert two.take(hour=10.7).state == "taken"
    assert {two.giving.container(each).trip_id for each in two.labels} == {two.trip_of(two.giving)}


def test_both_must_name_the_same_containers(two: TwoVehicles) -> None:
    two.give()
    assert code_of(lambda: two.take(container_ids=two.ids()[:0])) == "relay.nothing"
    other = two.giving.container(two.taking.labels()[0]).id
    assert code_of(lambda: two.take(container_ids=[*two.ids(), other])) == "relay.differs"
    assert code_of(lambda: two.take(container_ids=[uuid4()])) == "relay.not_on_board"
    assert {two.giving.container(each).trip_id for each in two.labels} == {two.trip_of(two.giving)}


def test_licence_and_rated_load_of_the_taking_vehicle_stand_in_the_way(
    two: TwoVehicles, database: Database
) -> None:
    with database.transaction() as session:
        vehicle = session.scalars(select(Vehicle).where(Vehicle.plate == two.plate)).one()
        capacity_g, vehicle.capacity_g = vehicle.capacity_g, 1
    two.give()
    assert code_of(two.take) == "relay.overloaded"
    with database.transaction() as session:
        vehicle = session.scalars(select(Vehicle).where(Vehicle.plate == two.plate)).one()
        vehicle.capacity_g = capacity_g
        for row in session.scalars(select(VehicleCategory).where(VehicleCategory.vehicle_id == vehicle.id)):
            session.delete(row)
    assert code_of(two.take) == "relay.vehicle_not_licensed"


def test_what_cannot_be_given_stays_where_it_is(two: TwoVehicles) -> None:
    elsewhere = two.giving.container(two.taking.labels()[0]).id
    for changes, code in (
        ({"to_plate": "浙F示例999"}, "relay.no_round"),
        ({"to_plate": " "}, "text.missing"),
        ({"to_plate": two.own_plate}, "relay.same_vehicle"),
        ({"container_ids": [elsewhere]}, "relay.not_on_board"),
        ({"container_ids": []}, "relay.nothing"),
        ({"place": "x" * 201}, "text.too_long"),
    ):
        assert code_of(lambda changes=changes: two.give(**changes)) == code
    two.give()
    assert code_of(two.give) == "relay.given_already"


def test_a_manifest_under_the_pen_is_not_given(two: TwoVehicles) -> None:
    """The crew still loads at that firm."""
    stop = next(each for each in two.taking.stops() if each.state == "planned")
    label = two.taking.labels(stop)[0]
    two.taking.scan(two.taking.report(label, scanned_at=at(10.1)), hour=10.1)
    back = RelayOut(two.taking.driver, two.taking.round_id, two.own_plate)
    assert (
        code_of(lambda: do(two.database, duty.give, out=back, at=at(10.2), now=at(10.2))) == "relay.stop_open"
    )


# -- changes ----------------------------------------------------------------------------------------


def test_a_crew_reads_the_diff_and_confirms_it_once(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    revision = publish(road, revised(road, "breakdown"))
    with database.reading() as session:
        [diff] = duty.diffs_of(session, road.row(session))
    assert {each.how for each in diff.changes} == {"removed"} and len(diff.changes) == 2
    assert all(each.firm and each.after_s is None for each in diff.changes)
    assert len(clock(road, 10).unseen) == 1
    see = {"actor": road.driver, "revision_id": revision.id, "at": at(9.8), "now": at(9.9)}
    assert road.round_id in {each.round_id for each in do(database, duty.see_revision, **see)}
    assert do(database, duty.see_revision, **see) == []
    assert clock(road, 10).unseen == []
    assert len(events(database, "revision.seen")) == 1
    with pytest.raises(NotFound):
        do(database, duty.see_revision, **(see | {"revision_id": uuid4()}))


def test_the_crew_that_got_the_stops_reads_what_was_added(database: Database) -> None:
    two = TwoVehicles(database)
    with database.reading() as session:
        [diff] = duty.diffs_of(session, two.taking.row(session))
    assert {each.how for each in diff.changes} == {"added"}
    assert [each.after_seq for each in diff.changes] == [1, 2]


def test_a_stop_that_was_taken_away_says_so(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    gone = road.stops()[1]
    with database.transaction() as session:
        row = road.row(session)
        assert row.driver is not None
        member = row.driver
    user = add_user(database, "driver", login="driver-1", organisation_id=road.driver.organisation_id)
    with database.transaction() as session:
        session.get_one(type(member), member.id).user_id = user.id
    driver = replace(road.driver, user_id=user.id)
    revision = publish(road, revised(road, "breakdown"))
    with database.reading() as session:
        found = duty.gone_stop(session, actor=driver, stop_id=gone.id)
        assert found is not None and found[1] is not None
        assert (found[0].id, found[1].id) == (gone.id, revision.id)
        assert duty.gone_stop(session, actor=driver, stop_id=uuid4()) is None


# -- arrivals ---------------------------------------------------------------------------------------


def told(database: Database) -> list[ArrivalNotice]:
    with database.reading() as session:
        return list(session.scalars(select(ArrivalNotice).order_by(ArrivalNotice.made_at, ArrivalNotice.id)))


def test_firms_are_told_once_and_again_when_it_moves(database: Database) -> None:
    road = driving.road(database, firms=2)
    road.start(hour=8)
    assert do(database, duty.update_arrivals, now=at(8)) == 2
    assert do(database, duty.update_arrivals, now=at(8.01)) == 0
    first, second = road.stops()
    before = {each.stop_id: each for each in told(database)}
    label = road.labels(first)[0]
    road.scan(road.report(label, scanned_at=at(9.5)), hour=9.5)
    road.close(first.id, hour=10)
    assert do(database, duty.update_arrivals, now=at(10)) == 1
    newest = told(database)[-1]
    assert newest.stop_id == second.id
    assert newest.expected_at - before[second.id].expected_at > timedelta(minutes=30)
    assert newest.until_at - newest.from_at <= timedelta(minutes=30)


def test_a_round_that_has_not_left_is_expected_later_every_minute_but_told_in_steps(
    database: Database,
) -> None:
    road = driving.road(database, firms=1)
    with database.reading() as session:
        start_h = road.row(session).start_s / 3600
    assert do(database, duty.update_arrivals, now=at(start_h)) == 1
    assert do(database, duty.update_arrivals, now=at(start_h + 9 / 60)) == 0
    assert do(database, duty.update_arrivals, now=at(start_h + 10 / 60)) == 1


def test_a_firm_sees_its_own_arrivals_only(database: Database) -> None:
    road = driving.started(database, 2)
    do(database, duty.update_arrivals, now=at(8))
    first, second = road.stops()
    with database.reading() as session:
        firms = [session.get_one(PickupRequest, each.request_id).enterprise_id for each in (first, second)]
        own, other = (Actor("user:f", "enterprise", organisation_id=key) for key in firms)
        [mine] = duty.firm_arrivals(session, actor=own, now=at(8))
        assert mine.stop.id == first.id and mine.plate
        with pytest.raises(NotFound):
            duty.firm_arrivals(session, actor=other, now=at(8), request_id=first.request_id)
        assert duty.firm_arrivals(session, actor=own, now=at(8 + 24)) == []


def test_a_position_moves_what_the_firm_is_told(database: Database) -> None:
    road = driving.started(database, 2)
    do(database, duty.update_arrivals, now=at(8))
    first = road.stops()[0]
    with database.reading() as session:
        firm = session.get_one(Organisation, session.get_one(PickupRequest, first.request_id).enterprise_id)
        home = road.row(session).platform
    far = Fix(at(9), 2 * home.lon_e6 - firm.lon_e6, 2 * home.lat_e6 - firm.lat_e6, 10)
    report = FixReport(road.driver, road.round_id, [far])
    do(database, duty.keep_positions, report=report, now=at(9))
    assert do(database, duty.update_arrivals, now=at(9)) >= 1
    newest = [each for each in told(database) if each.stop_id == first.id][-1]
    assert newest.expected_at > at(9)


# -- the end of the day -----------------------------------------------------------------------------


def closing(road: Road, **changes: Any) -> Closing:
    values: dict[str, Any] = {
        "actor": road.driver,
        "round_id": road.round_id,
        "closing_id": uuid4(),
        "device": "phone-1",
        "last_seq": 7,
        "head": "a" * 64,
        "unsent": 0,
        "refused": 1,
    }
    return Closing(**(values | changes))


def test_the_day_is_closed_after_the_round(database: Database) -> None:
    road = driving.started(database, 1)
    assert (
        code_of(lambda: do(database, duty.close_day, closing=closing(road), at=at(9), now=at(9)))
        == "day.round_open"
    )
    road.close(road.stops()[0].id, "missed", "closed", hour=9)
    road.arrive(hour=10)
    road.finish(hour=11)
    do(database, duty.close_day, closing=closing(road), at=at(11), now=at(11.1))
    assert (
        code_of(lambda: do(database, duty.close_day, closing=closing(road, unsent=-1), at=at(11), now=at(11)))
        == "day.counts_wrong"
    )
    with database.reading() as session:
        end = duty.day_end(session, actor=road.driver, round_id=road.round_id)
    assert (end.done, end.missed, end.containers) == (0, 1, 0)
    assert [(each.last_seq, each.refused) for each in end.closings] == [(7, 1)]
    assert [each.facts["head"] for each in events(database, "day.closed")] == ["a" * 64]


def test_what_the_office_sees_of_a_round(database: Database) -> None:
    road = driving.started(database, 2)
    office = world.dispatcher(database)
    stranger = replace(office, organisation_id=uuid4())
    here = Fix(at(8.5), 120_900_000, 30_950_000, 5)
    fixes = [replace(here, at=at(8.5 + minutes / 60)) for minutes in range(3)]
    do(database, duty.keep_positions, report=FixReport(road.driver, road.round_id, fixes), now=at(8.6))
    with database.reading() as session:
        rows = rounds_on(session, driving.DAY)
        [seen] = duty.day_duty(session, actor=office, rounds=rows, now=at(12.2))
        assert {alarm.kind for alarm in seen.alarms} >= {"off_route", "driving_over", "silent"}
        assert seen.position is not None and seen.position.at == fixes[-1].at
        [unseen] = duty.day_duty(session, actor=stranger, rounds=rows, now=at(12.2))
        assert unseen.position is None
        assert "off_route" not in {alarm.kind for alarm in unseen.alarms}


def test_emergency_cards_name_every_waste_of_the_round(database: Database) -> None:
    road = driving.started(database, 1, (world.OIL, (150_000,)), (world.RAGS, (40_000,)))
    label = road.labels()[0]
    road.scan(road.report(label, measured_g=road.container(label).mass_g))
    with database.reading() as session:
        row, cards = duty.emergency_cards(session, actor=road.driver, round_id=road.round_id)
        assert row.id == road.round_id
        assert {card.waste.code for card in cards} == {world.OIL, world.RAGS}
        assert cards[0].aboard == 1 and cards[1].aboard == 0
        assert all(card.hazards for card in cards)
        with pytest.raises(NotFound):
            duty.emergency_cards(session, actor=replace(road.driver, user_id=uuid4()), round_id=road.round_id)


# -- as phones report it ----------------------------------------------------------------------------


def test_a_phone_reports_the_whole_day(database: Database) -> None:
    road = driving.road(database, 1)
    phone, mine = phone_of(road), {"round_id": str(road.round_id)}
    failed = {"vehicle": "failed", "crew": "passed", "inspection": "passed", "goods": "passed",
              "filling": "not_applicable"}  # fmt: skip
    passed = failed | {"vehicle": "passed"}
    phone.do("vehicle_check", mine | {"checks": failed, "note": "示例：轮胎"}, 7.5)
    phone.do("round_start", mine, 7.6)
    phone.do("round_start", mine | {"checks": passed}, 8)
    phone.do("rest_begin", mine, 8.5)
    phone.do("rest_end", mine, 8.9)
    phone.do("rest_end", mine, 8.95)
    phone.do("day_close", mine | {"head": phone.head}, 9)
    stop = road.stops()[0]
    phone.do("stop_close", {"stop_id": str(stop.id), "outcome": "missed", "reason": "closed"}, 9.1)
    phone.do("trip_arrive", {"trip_id": str(stop.trip_id)}, 9.5)
    phone.do("round_finish", mine | {"unsent_seen": 0}, 9.6)
    phone.do("day_close", mine | {"head": phone.head, "unsent": 0, "refused": 2}, 9.7)
    said = [(each.outcome, each.code) for each in phone.send(hour=10)]
    ok = ("accepted", "")
    assert said == [
        ok, ("refused", "waybill.check_failed"), ok, ok, ok, ("refused", "rest.not_open"),
        ("refused", "day.round_open"), ok, ok, ok, ok,
    ]  # fmt: skip
    assert clock(road, 10).count.state == "off"
    [closed] = events(database, "day.closed")
    assert closed.facts["last_seq"] == 10 and closed.facts["refused"] == 2
    [ended] = events(database, "rest.ended")
    assert ended.facts["lasted_s"] == 24 * 60 and ended.facts["device"] == str(phone.device_id)


def test_two_phones_relay_a_load_whatever_arrives_first(database: Database) -> None:
    two = TwoVehicles(database)
    giver, taker = phone_of(two.giving), phone_of(two.taking)
    out = {"round_id": str(two.giving.round_id), "to_plate": two.plate}
    into = {"round_id": str(two.taking.round_id), "from_plate": two.own_plate}
    giver.do("relay_out", out | {"container_ids": ["nonsense"]}, 10)
    giver.do("relay_out", out, 10.01)
    giver.do("relay_out", out | {"container_ids": [str(key) for key in two.ids()]}, 10.1)
    taker.do("relay_in", into | {"all": True}, 10.2)
    assert [each.outcome for each in taker.send(hour=10.5)] == ["accepted"]
    verdicts = giver.send(hour=11)
    assert [each.code for each in verdicts] == ["event.field_wrong", "event.field_missing", ""]
    assert {two.giving.container(each).trip_id for each in two.labels} == {two.trip_of(two.taking)}


def test_a_second_trip_leaves_when_the_crew_says_so(database: Database) -> None:
    road = driving.started(database, 1)
    with database.transaction() as session:
        row = road.row(session)
        first = row.trips[0]
        plan = {name: getattr(first, name) for name in ("leave_s", "return_s", "unloaded_s")}
        session.add(Trip(id=UUID(int=99), round_id=row.id, seq=2, state="planned", **plan))
    road.check(8.5)
    road.close(road.stops()[0].id, "missed", "closed", hour=9)
    road.arrive(hour=10)
    assert clock(road, 11).count.state == "standing"
    leave = {"starts": [(road.driver, UUID(int=99))]}
    do(database, rounds.start_trips, now=at(11), **leave)
    assert clock(road, 11.5).count.since_rest_s == 2.5 * 3600
    assert code_of(lambda: do(database, rounds.start_trips, now=at(12), **leave)) == "trip.not_startable"


def test_an_act_on_a_stop_that_went_to_another_vehicle_is_never_silent(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    phone, gone = phone_of(road), road.stops()[1]
    [label] = road.labels(gone)
    publish(road, revised(road, "breakdown"))
    phone.do("load", {"round_id": str(road.round_id), "stop_id": str(gone.id), "label_code": label,
                      "measured_g": 150_000}, 9.8)  # fmt: skip
    phone.do("stop_close", {"stop_id": str(gone.id), "outcome": "done"}, 9.9)
    said = phone.send(hour=10)
    assert {each.outcome for each in said} == {"conflict"}
    assert road.container(label).state == "labelled"


def test_planning_anew_knows_who_carries_a_relayed_load(two: TwoVehicles, database: Database) -> None:
    def aboard_g() -> dict[str, int]:
        with database.reading() as session:
            row = two.giving.row(session)
            nobody = Incident("no_show", two.taking.round_id, 0)
            day = live_rounds.read(
                session, platform=row.platform, on=row.service_on, now=at(10.5), incident=nobody
            )
        return {
            # Of the amounts of a load (kilograms, litres, places, pieces) the grams are the most.
            vehicle.id: sum(max(amounts.values()) for amounts in vehicle.under_way.aboard.values())
            for vehicle in day.problem.vehicles
            if vehicle.under_way
        }

    before = aboard_g()
    assert before[two.own_plate] > 0 and before[two.plate] == 0
    two.give()
    two.take()
    after = aboard_g()
    assert after[two.own_plate] == 0 and after[two.plate] == before[two.own_plate]
