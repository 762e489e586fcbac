"""Rounds: leaving, closing stops, coming back, ending the day; what the phone may report late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.services import planning_world as world
from tests.services.driving_world import DAY, Road, at, road, started
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from wastehub.models.batches import Container
from wastehub.models.route_plans import Round, Trip
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.services import dispatch


def refused(act: Any, *things: Any, kind: type[Exception] = Conflict, **options: Any) -> Any:
    with pytest.raises(kind) as refusal:
        act(*things, **options)
    return refusal.value


def load_all(on: Road, stop: Any = None, **options: Any) -> None:
    verdicts = on.scan(*(on.report(code) for code in on.labels(stop)), **options)
    assert [verdict.outcome for verdict in verdicts] == ["accepted"] * len(verdicts)


def check_books(database: Database) -> None:
    """The ledger stands, and every container weighs what the books hold for its label."""
    with database.reading() as session:
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0
        rows = {c.label_code: c.mass_g for c in session.scalars(select(Container))}
        states = ledger.label_states(session, list(rows))
        assert {label: state.mass_g for label, state in states.items()} == rows


def test_leaving_starts_round_and_first_trip(database: Database) -> None:
    on = started(database)
    with database.reading() as session:
        row = on.row(session)
        assert (row.state, row.started_at) == ("under_way", at(8))
        assert row.trips[0].state == "under_way"
        assert len(ledger.entries_for(session, subject=row.round_no)) == 1


def test_a_round_leaves_once(database: Database) -> None:
    assert refused(started(database).start).code == "round.not_startable"


def test_a_cancelled_first_trip_is_skipped(database: Database) -> None:
    on = road(database)
    with database.transaction() as session:
        session.execute(update(Trip).where(Trip.round_id == on.round_id).values(state="cancelled"))
    assert refused(on.start).code == "round.not_startable"


def test_a_round_leaves_on_its_day_only(database: Database) -> None:
    on = road(database)
    assert refused(on.start, hour=-4).code == "round.other_day"
    assert refused(on.start, hour=25).code == "round.other_day"


def test_what_a_phone_reports_late_counts_on_its_own_time(database: Database) -> None:
    on = road(database)
    on.start(hour=25, at=at(8))
    with database.reading() as session:
        assert on.row(session).started_at == at(8)
        [entry] = ledger.entries_for(session, subject=on.row(session).round_no)
        assert entry.event.at == at(8)


def test_a_phone_with_a_fast_clock_cannot_report_the_future(database: Database) -> None:
    on = road(database)
    on.start(hour=8, at=at(8.5))
    with database.reading() as session:
        assert on.row(session).started_at == at(8)


def test_an_act_of_last_week_is_not_entered(database: Database) -> None:
    on = road(database)
    assert refused(on.start, hour=8 + 73, at=at(8)).code == "round.report_too_old"


def test_an_expired_vehicle_permit_keeps_the_vehicle_home(database: Database) -> None:
    on = road(database)
    with database.transaction() as session:
        session.execute(update(Vehicle).values(permit_valid_until_on=DAY - timedelta(days=1)))
    assert refused(on.start).code == "vehicle.permit_expired"
    with database.transaction() as session:
        session.execute(update(Vehicle).values(permit_valid_until_on=DAY))
    on.start()


def test_an_expired_certificate_keeps_the_crew_home(database: Database) -> None:
    on = road(database)
    with database.transaction() as session:
        session.execute(update(CrewMember).values(certificate_valid_until_on=DAY - timedelta(days=1)))
    assert refused(on.start).code == "crew.certificate_expired"


def test_nobody_drives_without_an_escort(database: Database) -> None:
    on = road(database)
    with database.transaction() as session:
        session.execute(update(Round).values(escort_id=None))
    assert refused(on.start).code == "round.crew_incomplete"


def test_a_round_of_another_platform_does_not_exist_for_the_driver(database: Database) -> None:
    on = road(database)
    with database.reading() as session:
        stranger = world.firms.dispatcher(session, "330402")
    on = Road(database, on.round_id, Actor("user:x", "driver", organisation_id=stranger.organisation_id))
    refused(on.start, kind=NotFound)


def test_a_driver_sees_only_rounds_that_he_or_she_is_on(database: Database) -> None:
    on = road(database)
    who = Actor("user:y", "driver", user_id=world.UUID(int=7), organisation_id=on.driver.organisation_id)
    refused(Road(database, on.round_id, who).start, kind=NotFound)


def test_the_office_does_not_drive(database: Database) -> None:
    on = road(database)
    desk = Actor("user:z", "dispatcher", organisation_id=on.driver.organisation_id)
    refused(Road(database, on.round_id, desk).start, kind=Forbidden)


def test_leaving_a_gate_seals_the_manifest_with_what_was_weighed(database: Database) -> None:
    on = started(database, 1, (world.OIL, (150_000, 100_000)), (world.RAGS, (40_000,)))
    [stop] = on.stops()
    masses = {code: on.container(code).mass_g - 500 for code in on.labels()}
    on.scan(*(on.report(code, measured_g=mass_g) for code, mass_g in masses.items()))
    assert on.close(stop.id, hour=9.5).state == "done"
    paper = on.paper(stop)
    assert (paper.state, paper.loaded_at) == ("in_transit", at(9.5))
    assert [(line.waste_code, line.containers, line.loaded_g) for line in paper.lines] == [
        (world.RAGS, 1, 39_500),
        (world.OIL, 2, 249_000),
    ]
    assert on.request(stop).state == "collected"
    check_books(database)


def test_what_stays_behind_may_be_asked_for_again(database: Database) -> None:
    on = started(database, 1, (world.OIL, (150_000, 100_000)))
    [stop] = on.stops()
    taken, left = on.labels()
    on.scan(on.report(taken, measured_g=on.container(taken).mass_g))
    assert on.close(stop.id).state == "partly_done"
    assert on.request(stop).state == "partly_collected"
    assert on.container(left).request_id is None and on.container(left).state == "labelled"
    [line] = on.paper(stop).lines
    assert line.containers == 1
    assert line.packaging.endswith("×1")  # the kinds of packaging add up to the packages
    check_books(database)


def test_nobody_there_returns_the_request_with_its_due_date(database: Database) -> None:
    on = started(database)
    stop, other = on.stops()
    before = on.request(stop)
    assert on.close(stop.id, "missed", "closed").state == "missed"
    after = on.request(stop)
    assert (after.state, after.attempts, after.due_on) == ("open", 1, before.due_on)
    assert on.paper(stop).state == "void" and on.paper(other).state == "submitted"
    assert on.container(on.labels(stop)[0]).trip_id is None
    check_books(database)


def test_a_missed_stop_needs_a_reason(database: Database) -> None:
    on = started(database)
    [stop, _] = on.stops()
    assert refused(on.close, stop.id, "missed", kind=InvalidInput).code == "reason.missing"
    assert refused(on.close, stop.id, "missed", "no_access", kind=InvalidInput).code == "reason.note_missing"
    on.close(stop.id, "missed", "no_access", "桥限高")


def test_leaving_without_anything_on_board_is_a_missed_stop(database: Database) -> None:
    on = started(database)
    [stop, _] = on.stops()
    closed = on.close(stop.id)
    assert (closed.state, closed.outcome_reason) == ("missed", "nothing_loaded")
    assert on.request(stop).state == "open"


def test_a_stop_with_something_on_board_is_not_missed(database: Database) -> None:
    on = started(database)
    [stop, _] = on.stops()
    load_all(on, stop)
    assert refused(on.close, stop.id, "missed", "closed").code == "stop.already_loaded"


def test_a_stop_is_closed_once_and_only_on_the_road(database: Database) -> None:
    on = road(database)
    [stop, _] = on.stops()
    assert refused(on.close, stop.id).code == "round.not_under_way"
    on.start()
    load_all(on, stop)
    on.close(stop.id)
    assert refused(on.close, stop.id).code == "stop.already_closed"
    assert refused(on.close, stop.id, "gone").code == "stop.already_closed"


def test_an_unknown_outcome_is_named(database: Database) -> None:
    on = started(database)
    [stop, _] = on.stops()
    assert refused(on.close, stop.id, "gone", kind=InvalidInput).params == {"given": "gone"}


def test_a_stop_of_a_trip_that_has_not_left_cannot_be_closed(database: Database) -> None:
    on = started(database)
    with database.transaction() as session:
        session.execute(update(Trip).values(state="planned"))
    assert refused(on.close, on.stops()[0].id).code == "trip.not_under_way"


def test_a_strangers_stop_does_not_exist(database: Database) -> None:
    on = started(database)
    refused(on.close, world.UUID(int=5), kind=NotFound)


def test_arriving_sets_the_manifests_clock(database: Database) -> None:
    on = started(database)
    first, second = on.stops()
    load_all(on, first)
    on.close(first.id)
    assert refused(on.arrive).params == {"stops": [second.seq]}
    on.close(second.id, "missed", "not_ready")
    assert on.arrive().state == "arrived"
    paper = on.paper(first)
    # Tuesday 17 March and five working days.
    assert (paper.state, paper.arrived_at) == ("arrived", at(12))
    assert paper.confirm_due_on == DAY + timedelta(days=7)
    assert refused(on.arrive).code == "trip.not_under_way"
    check_books(database)


def test_the_day_ends_when_every_trip_is_back(database: Database) -> None:
    on = started(database, 1)
    assert refused(on.finish).params == {"trips": [1]}
    load_all(on)
    on.close(on.stops()[0].id)
    on.arrive()
    assert on.finish().state == "finished"
    assert refused(on.finish).code == "round.not_under_way"
    with database.reading() as session:
        kinds = [entry.event.type for entry in ledger.entries_for(session, subject=on.row(session).round_no)]
    assert kinds[0] == "round.started" and kinds[-1] == "round.finished"


def test_a_second_trip_starts_when_the_first_is_back(database: Database) -> None:
    on = started(database, 1)
    with database.transaction() as session:
        row = on.row(session)
        first = row.trips[0]
        copied = {name: getattr(first, name) for name in ("leave_s", "return_s", "unloaded_s")}
        session.add(Trip(id=world.UUID(int=99), round_id=row.id, seq=2, state="planned", **copied))
    on.check(8.5)
    load_all(on)
    on.close(on.stops()[0].id)
    on.arrive()
    with database.reading() as session:
        assert [trip.state for trip in on.row(session).trips] == ["arrived", "under_way"]
    assert refused(on.finish).params == {"trips": [2]}


def test_a_request_taken_off_a_running_round_is_no_open_stop(database: Database) -> None:
    on = started(database)
    first, second = on.stops()
    with database.transaction() as session:
        dispatch.send_back(
            session,
            actor=world.firms.dispatcher(session),
            request_id=second.request_id,
            reason="weather",
            note="",
            now=at(9),
        )
    load_all(on, first)
    on.close(first.id)
    assert on.arrive().state == "arrived"
