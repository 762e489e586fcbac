"""The rest of a day planned again: breakdown, sick crew, delay, nobody there (F46)."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.services import driving_world as driving
from tests.services import planning_world as world
from tests.services.driving_world import Road, at
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import Conflict, InvalidInput, NotFound, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.manifests import Manifest
from wastehub.models.route_plans import PlanningRun, Round, RoundRevision, rounds_on
from wastehub.models.vehicles import Vehicle
from wastehub.services import dispatch, planning
from wastehub.services.planning import Incident


def asked(road: Road, kind: str, *, minutes: int = 0, hour: float = 9.5) -> UUID:
    who = world.dispatcher(road.database)
    with road.database.transaction() as session:
        incident = Incident(kind, road.round_id, minutes)
        run = planning.request_revision(session, actor=who, incident=incident, now=at(hour))
        run.budget_iterations, run.budget_s = 200, 60
        return run.id


def revised(road: Road, kind: str, *, minutes: int = 0, hour: float = 9.5) -> UUID:
    """The draft revision of the rest of the day."""
    run_id = asked(road, kind, minutes=minutes, hour=hour)
    made = planning.execute_run(road.database, run_id=run_id, now=lambda: at(hour))
    with road.database.reading() as session:
        assert made is not None, session.get_one(PlanningRun, run_id).failure
        assert session.get_one(PlanningRun, run_id).revision_id == made
    return made


def publish(road: Road, revision_id: UUID, *, hour: float = 9.6, version: int | None = None) -> RoundRevision:
    who = world.dispatcher(road.database)
    with road.database.transaction() as session:
        return dispatch.publish_revision(
            session, actor=who, revision_id=revision_id, version=version, now=at(hour)
        )


def rounds(database: Database) -> dict[str, Round]:
    with database.reading() as session:
        states = ("published", "under_way", "finished", "cancelled")
        found = {row.vehicle.plate: row for row in rounds_on(session, driving.DAY, states=states)}
        session.expunge_all()
        return found


def waiting_at(row: Round) -> list[UUID]:
    return [s.request_id for trip in row.trips for s in trip.stops if s.state == "planned"]


def served(road: Road, count: int = 1) -> None:
    """The crew leaves, loads and closes the first stops."""
    road.start()
    for number, stop in enumerate(road.stops()[:count]):
        hour = 8.6 + number / 4
        for label in road.labels(stop):
            road.scan(road.report(label, scanned_at=at(hour)), hour=hour)
        road.close(stop.id, hour=hour + 0.1)


def test_a_broken_down_vehicles_stops_go_to_others_and_what_it_did_stays(database: Database) -> None:
    road = driving.road(database, firms=4)
    served(road)
    plate = _plate(road)
    done, *left = road.stops()
    publish(road, revised(road, "breakdown"))
    now = rounds(database)
    assert waiting_at(now[plate]) == []
    [other] = [row for name, row in now.items() if name != plate]
    assert set(waiting_at(other)) == {stop.request_id for stop in left}
    assert other.state == "published" and other.driver_id and other.escort_id
    assert [s.state for trip in now[plate].trips for s in trip.stops] == ["done"]
    assert now[plate].state == "under_way" and done.trip_id == now[plate].trips[0].id


def _plate(road: Road) -> str:
    with road.database.reading() as session:
        return road.row(session).vehicle.plate


def test_containers_and_manifests_follow_their_stop(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    publish(road, revised(road, "breakdown"))
    with database.reading() as session:
        [other] = [row for row in rounds_on(session, driving.DAY) if row.id != road.round_id]
        stops = [stop for trip in other.trips for stop in trip.stops]
        assert len(stops) == 2
        for stop in stops:
            paper = session.scalars(select(Manifest).where(Manifest.stop_id == stop.id)).one()
            assert (paper.vehicle_id, paper.driver_id) == (other.vehicle_id, other.driver_id)
            assert paper.trip_id == stop.trip_id and paper.state == "submitted"
            held = session.scalars(select(Container).where(Container.request_id == stop.request_id))
            assert {container.trip_id for container in held} == {stop.trip_id}
            moved = ledger.entries_for(session, subject=stop.request.request_no)[-1].event
            assert moved.type == "request.rescheduled" and moved.facts["round_no"] == other.round_no
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0


def test_the_new_crew_can_drive_what_it_took_over(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    publish(road, revised(road, "crew_out"))
    [other] = [row for row in rounds(database).values() if row.id != road.round_id]
    taken = Road(database, other.id, road.driver)
    taken.start(hour=9.7)
    for stop in taken.stops():
        for label in taken.labels(stop):
            [verdict] = taken.scan(taken.report(label, scanned_at=at(10)), hour=10)
            assert verdict.outcome == "accepted"
        assert taken.close(stop.id, hour=10.1).state == "done"
    taken.arrive(hour=11)
    road.arrive(hour=11)


def test_nothing_is_changed_before_the_dispatcher_publishes(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    before = [stop.trip_id for stop in road.stops()]
    revision_id = revised(road, "breakdown")
    assert [stop.trip_id for stop in road.stops()] == before and len(rounds(database)) == 1
    who = world.dispatcher(database)
    with database.transaction() as session:
        dispatch.discard_revision(session, actor=who, revision_id=revision_id, version=None, now=at(9.6))
    with pytest.raises(Conflict, match=r"revision\.not_draft"):
        publish(road, revision_id)


def test_a_revision_is_refused_when_the_crew_has_done_something_since(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    revision_id = revised(road, "breakdown")
    stop = road.stops()[1]
    for label in road.labels(stop):
        road.scan(road.report(label, scanned_at=at(9.6)), hour=9.6)
    with pytest.raises(Conflict, match=r"revision\.outdated"):
        publish(road, revision_id, hour=9.7)
    road.close(stop.id, hour=9.7)
    with pytest.raises(Conflict, match=r"revision\.outdated"):
        publish(road, revision_id, hour=9.8)


def test_a_delay_moves_every_later_arrival(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    before = {stop.id: stop.arrive_s for stop in road.stops() if stop.state == "planned"}
    publish(road, revised(road, "delay", minutes=90, hour=9.0))
    after = {stop.id: stop.arrive_s for stop in road.stops() if stop.state == "planned"}
    assert after.keys() == before.keys()
    assert all(after[key] > before[key] + 45 * 60 for key in after)


def test_the_next_stop_stays_the_next_one(database: Database) -> None:
    road = driving.road(database, firms=4)
    served(road)
    coming = next(stop for stop in road.stops() if stop.state == "planned")
    publish(road, revised(road, "no_show"))
    assert next(stop for stop in road.stops() if stop.state == "planned").id == coming.id


def test_a_stop_that_fits_nowhere_any_more_goes_back_to_the_pool(database: Database) -> None:
    road = driving.road(database, firms=2)
    served(road)
    with database.transaction() as session:
        session.execute(update(Vehicle).where(Vehicle.plate != _plate(road)).values(shift_end_s=9 * 3600))
    last = road.stops()[-1]
    with pytest.raises(AssertionError, match=r"revision\.no_vehicles"):
        revised(road, "breakdown")
    with database.transaction() as session:
        session.execute(update(Vehicle).values(shift_end_s=18 * 3600))
    revision = publish(road, revised(road, "delay", minutes=470, hour=9.7), hour=9.8)
    assert revision.changes["left_out"] == [road.request(last).request_no]
    assert road.request(last).state == "open" and road.stops()[-1].state == "cancelled"
    assert road.paper(last).state == "void"


def test_a_half_loaded_stop_stays_with_its_vehicle(database: Database) -> None:
    road = driving.road(database, 3, (world.OIL, (150_000, 100_000)))
    served(road)
    gate = road.stops()[1]
    road.scan(road.report(road.labels(gate)[0], scanned_at=at(9.3), measured_g=100_000), hour=9.3)
    publish(road, revised(road, "breakdown"))
    assert [stop.id for stop in road.stops() if stop.state == "planned"] == [gate.id]


def test_a_round_that_has_not_left_is_cancelled_when_all_its_stops_move(database: Database) -> None:
    road = driving.road(database, firms=2)
    publish(road, revised(road, "crew_out", hour=7.5), hour=7.6)
    now = rounds(database)
    assert now.pop(_plate(road)).state == "cancelled"
    [other] = now.values()
    assert len(waiting_at(other)) == 2


def test_the_crews_learn_what_changed(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    publish(road, revised(road, "breakdown"))
    with database.reading() as session:
        for row in rounds_on(session, driving.DAY):
            [change] = dispatch.changes_of(session, row)
            told = change.removed if row.id == road.round_id else change.added
            assert len(told) == 2 and change.at == at(9.6)


def test_two_dispatchers_publish_one_revision_once(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    revision_id = revised(road, "breakdown")
    with pytest.raises(StaleVersion):
        publish(road, revision_id, version=7)
    publish(road, revision_id, version=1)


@pytest.mark.parametrize(
    ("kind", "minutes", "code"),
    [("earthquake", 0, "revision.incident_unknown"), ("delay", 0, "revision.delay_out_of_range")],
)
def test_an_incident_must_make_sense(kind: str, minutes: int, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        Incident(kind, UUID(int=1), minutes)


def test_only_the_platform_itself_replans_its_rounds_and_only_live_ones(database: Database) -> None:
    road = driving.road(database, firms=2)
    stranger = world.dispatcher(database, "330402")
    with database.transaction() as session, pytest.raises(NotFound):
        planning.request_revision(
            session, actor=stranger, incident=Incident("no_show", road.round_id), now=at(9)
        )
    with database.transaction() as session:
        session.execute(update(Round).values(state="finished"))
    with pytest.raises(Conflict, match=r"round\.not_changeable"):
        asked(road, "breakdown")
