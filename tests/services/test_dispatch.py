"""Publishing a plan and taking it back: everything is bound at once, and returns with its due date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests import firms
from tests.services import planning_world as world
from tests.services.planning_world import DAY, NOW, OIL, RAGS
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.manifests import Manifest, ManifestLine
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import RoutePlan
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.services import dispatch, requests


def publish(database: Database, plan_id: UUID, **options: Any) -> None:
    who = options.pop("actor", None) or world.dispatcher(database)
    values: dict[str, Any] = {"version": None, "now": NOW} | options
    with database.transaction() as session:
        dispatch.publish(session, actor=who, plan_id=plan_id, **values)


def refused(database: Database, plan_id: UUID, **options: Any) -> str:
    with pytest.raises(Conflict) as refusal:
        publish(database, plan_id, **options)
    return refusal.value.code


def first_stop(session: Any, plan_id: UUID) -> Any:
    return world.stops_of(world.plan_of(session, plan_id))[0]


def test_publishing_binds_requests_containers_crews_and_papers(database: Database) -> None:
    ids = world.waiting(database, 3)
    plan_id = world.planned(database)
    publish(database, plan_id)
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        assert plan.state == "published" and {row.state for row in plan.rounds} == {"published"}
        assert {row.state for row in world.all_requests(session).values()} == {"scheduled"}
        trips = {stop.request_id: stop.trip_id for stop in world.stops_of(plan)}
        for container in session.scalars(select(Container)):
            assert container.request_id in ids and container.trip_id == trips[container.request_id]
        papers = list(session.scalars(select(Manifest)))
        assert len(papers) == 3 and {paper.state for paper in papers} == {"submitted"}
        assert {paper.stop_id for paper in papers} == {stop.id for stop in world.stops_of(plan)}
        assert all(paper.driver_id and paper.escort_id for paper in papers)
        assert sorted(paper.provisional_no for paper in papers) == [
            f"WH{DAY:%Y%m%d}{number:06d}" for number in (1, 2, 3)
        ]
        assert len(ledger.entries_for(session, subject=plan.plan_no)) == 1
        report = ledger.verify(session)
        assert report.ok and ledger.unexplained_g(session) == 0


def test_a_manifest_has_a_line_per_waste_code(database: Database) -> None:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (OIL, (150_000, 100_000)), (RAGS, (40_000,)))
    world.published(database)
    with database.reading() as session:
        lines = list(session.scalars(select(ManifestLine).order_by(ManifestLine.line_no)))
        assert [(line.waste_code, line.containers, line.declared_g) for line in lines] == [
            (RAGS, 1, 40_000),
            (OIL, 2, 250_000),
        ]


def test_a_plan_is_published_once(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.published(database)
    assert refused(database, plan_id) == "plan.not_draft"


def test_a_plan_read_before_somebody_changed_it_is_not_published(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    with pytest.raises(StaleVersion):
        publish(database, plan_id, version=99)


def test_yesterdays_plan_is_not_published(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    assert refused(database, plan_id, now=NOW + timedelta(days=2)) == "plan.day_over"


def test_a_request_cancelled_meanwhile_makes_the_plan_outdated(database: Database) -> None:
    [request_id, _] = world.waiting(database, 2)
    plan_id = world.planned(database)
    with database.transaction() as session:
        request = session.get_one(PickupRequest, request_id)
        owner = Actor(author="user:firm", role="enterprise", organisation_id=request.enterprise_id)
        requests.cancel(
            session, actor=owner, request_id=request_id, reason="not_needed", note="", version=None, now=NOW
        )
    assert refused(database, plan_id) == "plan.outdated"
    with database.reading() as session:
        assert session.scalars(select(Manifest)).all() == [], "nothing is published in part"
        assert {row.state for row in world.all_requests(session).values()} == {"open", "cancelled"}


def test_containers_changed_meanwhile_make_the_plan_outdated(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    with database.transaction() as session:
        session.execute(update(Container).values(mass_g=Container.mass_g + 1))
    assert refused(database, plan_id) == "plan.outdated"


def test_publishing_discards_the_other_drafts_of_the_day(database: Database) -> None:
    world.waiting(database, 1)
    first, second = world.planned(database), world.planned(database)
    publish(database, second)
    with database.reading() as session:
        assert session.get_one(RoutePlan, first).state == "discarded"
    assert refused(database, first) == "plan.not_draft"


def test_a_discarded_draft_leaves_the_requests_waiting(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        dispatch.discard(session, actor=who, plan_id=plan_id, version=None, now=NOW)
    assert refused(database, plan_id) == "plan.not_draft"
    with database.reading() as session:
        assert {row.state for row in world.all_requests(session).values()} == {"open"}


def test_a_driver_whose_certificate_ends_before_the_day_does_not_drive(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    with database.transaction() as session:
        session.execute(update(CrewMember).values(certificate_valid_until_on=DAY - timedelta(days=1)))
    assert refused(database, plan_id) == "round.certificate_expired"
    with database.transaction() as session:
        session.execute(update(CrewMember).values(certificate_valid_until_on=DAY))
    publish(database, plan_id)


def test_a_vehicle_whose_permit_ends_before_the_day_does_not_drive(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    with database.transaction() as session:
        session.execute(update(Vehicle).values(permit_valid_until_on=DAY - timedelta(days=1)))
    assert refused(database, plan_id) == "round.vehicle_permit_expired"


def test_only_a_dispatcher_publishes(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    with pytest.raises(Forbidden):
        publish(database, plan_id, actor=Actor(author="user:x", role="regulator"))


# --- crews ---------------------------------------------------------------------------------------


def crew(session: Any, row: Any, kind: str) -> list[CrewMember]:
    query = select(CrewMember).where(CrewMember.platform_id == row.platform_id, CrewMember.kind == kind)
    return list(session.scalars(query.order_by(CrewMember.certificate_no)))


def assign(session: Any, row: Any, driver: UUID | None, escort: UUID | None, **options: Any) -> None:
    values: dict[str, Any] = {"version": None, "now": NOW, "actor": firms.dispatcher(session)} | options
    assert driver is not None and escort is not None
    dispatch.assign_crew(session, round_id=row.id, driver_id=driver, escort_id=escort, **values)


def test_a_new_crew_stands_on_round_and_manifests(database: Database) -> None:
    world.waiting(database, 2)
    plan_id = world.published(database)
    with database.transaction() as session:
        row = world.plan_of(session, plan_id).rounds[0]
        driver = next(p for p in crew(session, row, "driver") if p.id != row.driver_id)
        assign(session, row, driver.id, row.escort_id)
        assert {m.driver_id for m in session.scalars(select(Manifest))} == {driver.id}
        assert ledger.entries_for(session, subject=row.round_no)


def test_a_crew_member_has_one_round_a_day_and_the_right_certificate(database: Database) -> None:
    with database.transaction() as session:
        for serial in range(1, 25):
            world.firm_with_requests(session, serial, (OIL, (190_000, 190_000, 190_000)))
    plan_id = world.published(database)
    with database.transaction() as session:
        rows = world.plan_of(session, plan_id).rounds
        first, second = [row for row in rows if row.platform_id == rows[0].platform_id][:2]
        with pytest.raises(Conflict, match=r"round\.crew_busy"):
            assign(session, first, second.driver_id, first.escort_id)
        session.expire_all()
    with database.transaction() as session:
        first = world.plan_of(session, plan_id).rounds[0]
        with pytest.raises(Conflict, match=r"round\.crew_unfit"):
            assign(session, first, first.escort_id, first.escort_id)
        session.expire_all()


def test_another_platforms_round_is_out_of_reach(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.published(database)
    stranger = world.dispatcher(database, "330402")
    with database.reading() as session:
        stop = first_stop(session, plan_id)
        row = world.plan_of(session, plan_id).rounds[0]
        with pytest.raises(NotFound):
            assign(session, row, row.driver_id, row.escort_id, actor=stranger)
        with pytest.raises(NotFound):
            dispatch.send_back(
                session, actor=stranger, request_id=stop.request_id, reason="weather", note="", now=NOW
            )
        with pytest.raises(NotFound):
            dispatch.cancel_round(
                session, actor=stranger, round_id=row.id, reason="weather", note="", version=None, now=NOW
            )


# --- taking back ---------------------------------------------------------------------------------


def test_a_request_sent_back_is_open_again_with_its_due_date(database: Database) -> None:
    world.waiting(database, 2)
    plan_id = world.published(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        stop = first_stop(session, plan_id)
        due_on = stop.request.due_on
        dispatch.send_back(session, actor=who, request_id=stop.request_id, reason="weather", note="", now=NOW)
        stop_id, request_id = stop.id, stop.request_id
    with database.reading() as session:
        request = session.get_one(PickupRequest, request_id)
        assert request.state == "open" and request.due_on == due_on and request.attempts == 0
        paper = session.scalars(select(Manifest).where(Manifest.stop_id == stop_id)).one()
        assert paper.state == "void"
        held = session.scalars(select(Container).where(Container.request_id == request_id)).all()
        assert held and all(container.trip_id is None for container in held)
        assert world.plan_of(session, plan_id).rounds[0].state == "published", "the other stop stays"
        assert ledger.verify(session).ok
    again = world.planned(database)
    with database.reading() as session:
        assert {stop.request_id for stop in world.stops_of(world.plan_of(session, again))} == {request_id}


def test_the_last_stop_sent_back_cancels_the_round(database: Database) -> None:
    [request_id] = world.waiting(database, 1)
    plan_id = world.published(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        dispatch.send_back(session, actor=who, request_id=request_id, reason="weather", note="", now=NOW)
    with database.reading() as session:
        [row] = world.plan_of(session, plan_id).rounds
        assert row.state == "cancelled" and row.trips[0].state == "cancelled"
    publish(database, world.planned(database))


def test_a_request_that_is_not_on_a_round_cannot_be_sent_back(database: Database) -> None:
    [request_id] = world.waiting(database, 1)
    who = world.dispatcher(database)
    with database.transaction() as session, pytest.raises(Conflict, match=r"stop\.not_planned"):
        dispatch.send_back(session, actor=who, request_id=request_id, reason="weather", note="", now=NOW)


def test_sending_back_needs_a_reason_that_says_something(database: Database) -> None:
    [request_id] = world.waiting(database, 1)
    world.published(database)
    who = world.dispatcher(database)
    with database.transaction() as session, pytest.raises(InvalidInput):
        dispatch.send_back(session, actor=who, request_id=request_id, reason="other", note="", now=NOW)


def test_what_was_loaded_cannot_be_sent_back(database: Database) -> None:
    [request_id] = world.waiting(database, 1)
    world.published(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        session.execute(update(Container).values(state="loaded"))
    with database.transaction() as session, pytest.raises(Conflict, match=r"stop\.partly_loaded"):
        dispatch.send_back(session, actor=who, request_id=request_id, reason="weather", note="", now=NOW)


def test_a_cancelled_round_returns_every_request(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.published(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        for row in world.plan_of(session, plan_id).rounds:
            dispatch.cancel_round(
                session, actor=who, round_id=row.id, reason="vehicle_out", note="", version=None, now=NOW
            )
    with database.reading() as session:
        assert {row.state for row in world.all_requests(session).values()} == {"open"}
        assert {paper.state for paper in session.scalars(select(Manifest))} == {"void"}
        assert {row.state for row in world.plan_of(session, plan_id).rounds} == {"cancelled"}
        assert ledger.verify(session).ok


def test_a_finished_round_cannot_be_cancelled(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.published(database)
    with database.transaction() as session:
        [row] = world.plan_of(session, plan_id).rounds
        row.state = "finished"
        with pytest.raises(Conflict, match=r"round\.not_changeable"):
            dispatch.cancel_round(
                session,
                actor=firms.dispatcher(session),
                round_id=row.id,
                reason="weather",
                note="",
                version=None,
                now=NOW,
            )
