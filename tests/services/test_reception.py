"""The platform's gate: what a trip brought is weighed, judged, taken in or sent home, never half."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL, RAGS
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Batch, Container
from wastehub.models.manifests import Manifest, ManifestLine
from wastehub.models.organisations import Organisation
from wastehub.models.permits import Permit
from wastehub.models.receptions import Reception, ReceptionLine
from wastehub.models.route_plans import Trip
from wastehub.services import reception
from wastehub.services.reception import TripReception

TWO_DRUMS = [(OIL, (150_000, 100_000))]


def contents(database: Database, trip_id: UUID) -> list[UUID]:
    with database.reading() as session:
        return [row.id for row in world.aboard(session, trip_id)]


def refusal(database: Database, trip_id: UUID, *decisions: Decision, **order: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        world.receive(database, trip_id, *decisions, **order)
    return caught.value


def paper(session: Any) -> Manifest:
    return session.scalars(select(Manifest)).one()


def books_hold(database: Database) -> None:
    """The ledger verifies, nothing is unexplained, and each container's mass is that of the books."""
    with database.reading() as session:
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0
        rows = session.scalars(select(Container).where(Container.state != "void")).all()
        states = ledger.label_states(session, [row.label_code for row in rows])
        assert {row.label_code: row.mass_g for row in rows} == {k: v.mass_g for k, v in states.items()}


def test_what_is_accepted_stands_in_the_platforms_store_with_the_weighed_mass(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = contents(database, trip_id)
    row = world.receive(database, trip_id, Decision(first, 150_400), Decision(second, 100_000))
    assert row.state == "closed" and row.reception_no == f"JS{GATE:%Y%m%d}00001"
    with database.reading() as session:
        container = session.get_one(Container, first)
        platform = firms.platform_for(session, world.COUNTY)
        assert (container.state, container.mass_g, container.measured_g) == ("stored", 150_400, 150_400)
        assert container.holder_id == platform.id and container.stored_since_on == date(2026, 3, 17)
        assert session.get_one(Trip, trip_id).state == "received"
        assert paper(session).state == "accepted" and paper(session).opinion == "accepted"
        assert session.scalars(select(ManifestLine.accepted_g)).one() == 250_400
        assert len(ledger.entries_for(session, subject=row.reception_no)) == 1
    books_hold(database)


def test_a_difference_inside_the_tolerance_opens_no_case_and_the_next_gram_does(database: Database) -> None:
    # 0.5 % of 150 kg is 750 g, more than the floor of 500 g.
    [trip_id] = world.driven(database, [(OIL, (150_000, 150_000))])
    first, second = contents(database, trip_id)
    world.receive(database, trip_id, Decision(first, 149_250), Decision(second, 149_249))
    with database.reading() as session:
        [case] = ledger.open_cases(session)
        assert case.mass_g == 751 and case.due_on == date(2026, 3, 27)
        lines = {line.container_id: line for line in session.scalars(select(ReceptionLine))}
        assert lines[first].within and not lines[second].within
        assert lines[second].difference_g == -751 and lines[second].allowed_g == 750
        assert paper(session).opinion == "accepted" and "1" in paper(session).opinion_note
    books_hold(database)


def test_a_refused_container_makes_the_manifest_partly_accepted(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = contents(database, trip_id)
    world.receive(
        database, trip_id, Decision(first, 150_000), Decision(second, None, "refused", "not_licensed")
    )
    with database.reading() as session:
        assert session.get_one(Container, second).state == "refused_on_arrival"
        assert session.get_one(Container, second).holder_id is None
        assert (paper(session).state, paper(session).opinion) == ("accepted", "partly")
        assert reception.refused_g(session, platform_ids=[paper(session).acceptor_id]) == 100_000
    books_hold(database)


def test_everything_refused_rejects_the_manifest(database: Database) -> None:
    [trip_id] = world.driven(database)
    [only] = contents(database, trip_id)
    world.receive(database, trip_id, Decision(only, 150_000, "refused", "leaking"))
    with database.reading() as session:
        assert (paper(session).state, paper(session).opinion) == ("rejected", "refused")
        assert session.scalars(select(ManifestLine.accepted_g)).one() == 0
    books_hold(database)


def test_a_trip_may_be_weighed_in_by_parts_under_one_number(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = contents(database, trip_id)
    part = world.receive(database, trip_id, Decision(first, 140_000), close=False, gross_g=7_000_000)
    assert part.state == "open"
    with database.reading() as session:
        assert paper(session).state == "arrived", "the second drum is still undecided"
    rest = world.receive(database, trip_id, Decision(second, 100_000), tare_g=6_750_000)
    assert (rest.id, rest.reception_no, rest.state) == (part.id, part.reception_no, "closed")
    with database.reading() as session:
        row = session.scalars(select(Reception)).one()
        assert (row.gross_g, row.tare_g) == (7_000_000, 6_750_000)
        assert "1" in paper(session).opinion_note, "the outlier of the first part is not forgotten"
        assert session.scalars(select(ManifestLine.accepted_g)).one() == 240_000
    books_hold(database)


def test_a_reception_does_not_close_while_a_container_is_undecided(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, _ = contents(database, trip_id)
    found = refusal(database, trip_id, Decision(first, 150_000))
    assert isinstance(found, Conflict) and found.code == "reception.containers_missing"
    assert found.params["containers"] == 1 and len(found.params["labels"]) == 1
    with database.reading() as session:
        assert session.scalars(select(Reception)).all() == [], "nothing is half done"
        assert session.get_one(Container, first).state == "loaded"


def test_no_container_is_decided_twice(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = contents(database, trip_id)
    twice = refusal(database, trip_id, Decision(first, 150_000), Decision(first, 150_000))
    assert (twice.code, twice.field) == ("reception.already_decided", "decisions.1.container_id")
    world.receive(database, trip_id, Decision(first, None, "refused", "no_room"), close=False)
    again = refusal(database, trip_id, Decision(first, 150_000), Decision(second, 100_000))
    assert again.code == "reception.already_decided"


def test_a_container_of_another_trip_is_not_expected(database: Database) -> None:
    [trip_id] = world.driven(database)
    stranger = refusal(database, trip_id, Decision(uuid4(), 150_000))
    assert stranger.code == "reception.container_not_expected"


def test_a_trip_that_is_not_back_or_already_received_is_not_weighed_in(database: Database) -> None:
    [trip_id] = world.driven(database)
    [only] = contents(database, trip_id)
    world.receive(database, trip_id)
    assert refusal(database, trip_id, Decision(only, 150_000)).code == "trip.not_arrived"


@pytest.mark.parametrize(
    ("decision", "code", "field"),
    [
        ({"weighed_g": 0}, "mass.not_positive", "weighed_g"),
        ({"weighed_g": -5}, "mass.not_positive", "weighed_g"),
        ({"weighed_g": 30_000_001}, "mass.too_large", "weighed_g"),
        ({"weighed_g": None}, "reception.mass_missing", "weighed_g"),
        ({"weighed_g": 150_000, "decision": "perhaps"}, "reception.decision_unknown", "decision"),
        ({"weighed_g": 150_000, "decision": "refused"}, "reason.missing", "reason"),
        ({"weighed_g": 150_000, "decision": "refused", "reason": "mood"}, "reason.unknown", "reason"),
        ({"weighed_g": 150_000, "decision": "refused", "reason": "other"}, "reason.note_missing", "note"),
        ({"weighed_g": 150_000, "note": "x" * 301}, "text.too_long", "note"),
    ],
)
def test_a_wrong_decision_names_its_input(
    database: Database, decision: dict[str, Any], code: str, field: str
) -> None:
    [trip_id] = world.driven(database)
    [only] = contents(database, trip_id)
    found = refusal(database, trip_id, Decision(only, **decision))
    assert found.code == code and found.field.split(".")[-1] == field


@pytest.mark.parametrize(
    ("gross_g", "tare_g", "code"),
    [
        (5_000_000, 5_000_000, "weighbridge.tare_above_gross"),
        (-1, None, "mass.not_positive"),
        (None, 100_000_001, "mass.too_large"),
    ],
)
def test_the_weighbridge_says_something_possible(
    database: Database, gross_g: int | None, tare_g: int | None, code: str
) -> None:
    [trip_id] = world.driven(database)
    [only] = contents(database, trip_id)
    found = refusal(database, trip_id, Decision(only, 150_000), gross_g=gross_g, tare_g=tare_g)
    assert found.code == code


def test_a_platform_without_the_category_in_its_licence_takes_nothing_in(database: Database) -> None:
    [trip_id] = world.driven(database)
    [only] = contents(database, trip_id)
    with database.transaction() as session:
        session.execute(
            update(Permit).values(valid_from_on=date(2022, 1, 1), valid_until_on=date(2026, 3, 1))
        )
    assert refusal(database, trip_id, Decision(only, 150_000)).code == "permit.expired"
    world.receive(database, trip_id, Decision(only, 150_000, "refused", "not_licensed"))


def test_a_full_platform_takes_nothing_more_in_and_the_last_gram_still_fits(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = contents(database, trip_id)
    with database.transaction() as session:
        session.execute(
            update(Organisation).where(Organisation.kind == "platform").values(storage_capacity_g=250_000)
        )
    full = refusal(database, trip_id, Decision(first, 150_000), Decision(second, 100_001))
    assert full.code == "storage.platform_full" and full.params["stock_g"] == 150_000
    world.receive(database, trip_id, Decision(first, 150_000), Decision(second, 100_000))


def test_another_platform_does_not_even_see_the_trip_and_other_roles_may_not(database: Database) -> None:
    [trip_id] = world.driven(database)
    with database.reading() as session:
        stranger = firms.dispatcher(session, "330402")
        plant = firms.actor_of(world.plant(session))
    assert isinstance(refusal(database, trip_id, actor=stranger), NotFound)
    assert isinstance(refusal(database, trip_id, actor=plant), Forbidden)
    assert isinstance(refusal(database, uuid4(), Decision(uuid4(), 1)), NotFound)


def test_two_firms_on_one_trip_have_their_own_entry_and_manifest(database: Database) -> None:
    trips = world.driven(database, [(OIL, (150_000,))], [(OIL, (80_000,)), (RAGS, (40_000,))])
    with database.transaction() as session:
        who = world.desk(session)
        orders = [
            TripReception(who, key, tuple(Decision(c.id, c.mass_g) for c in world.aboard(session, key)))
            for key in trips
        ]
        made = reception.receive_trips(session, receptions=orders, now=GATE)
        assert [row.reception_no[-5:] for row in made] == [f"{n:05d}" for n in range(1, len(trips) + 1)]
    with database.reading() as session:
        assert {row.state for row in session.scalars(select(Manifest))} == {"accepted"}
        assert len(world.entries(session, "container.received")) == 2
        accepted = session.execute(select(ManifestLine.waste_code, ManifestLine.accepted_g)).all()
        assert sorted(accepted) == [(RAGS, 40_000), (OIL, 80_000), (OIL, 150_000)]
    books_hold(database)


# --- refused containers go home ------------------------------------------------------------------


def refused_drum(database: Database) -> UUID:
    [trip_id] = world.driven(database)
    [only] = contents(database, trip_id)
    world.receive(database, trip_id, Decision(only, 150_000, "refused", "leaking"))
    return only


def give_back(database: Database, *ids: UUID, **options: Any) -> None:
    with database.transaction() as session:
        who = options.pop("actor", None) or world.desk(session)
        reception.return_refused(session, actor=who, container_ids=ids, now=GATE + timedelta(hours=1))


def test_a_refused_container_goes_home_and_may_be_asked_for_again(database: Database) -> None:
    drum = refused_drum(database)
    give_back(database, drum, drum)
    with database.transaction() as session:
        container = session.get_one(Container, drum)
        batch = session.get_one(Batch, container.batch_id)
        assert container.state == "labelled" and container.holder_id == batch.enterprise_id
        assert container.request_id is None and container.trip_id is None
        assert container.stored_since_on == batch.produced_on, "its year did not start anew"
        firm = session.get_one(Organisation, batch.enterprise_id)
        assert firms.requested(session, firm, [container]).state == "open"
    books_hold(database)


def test_only_refused_containers_of_a_finished_reception_go_home(database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = contents(database, trip_id)
    world.receive(database, trip_id, Decision(first, None, "refused", "no_room"), close=False)
    with pytest.raises(Conflict) as still:
        give_back(database, first)
    assert still.value.code == "reception.still_open"
    world.receive(database, trip_id, Decision(second, 100_000))
    with pytest.raises(Conflict) as taken_in:
        give_back(database, second)
    assert taken_in.value.code == "container.act_not_allowed"
    give_back(database, first)
    with pytest.raises(NotFound):
        give_back(database, first)
    with pytest.raises(InvalidInput):
        give_back(database)


def test_a_foreign_platform_sends_nothing_home(database: Database) -> None:
    drum = refused_drum(database)
    with database.reading() as session:
        stranger = firms.dispatcher(session, "330402")
    with pytest.raises(NotFound):
        give_back(database, drum, actor=stranger)
