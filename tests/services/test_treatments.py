"""The plant's gate and its furnace: the last manifest, and where every kilogram of an origin batch ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import BATTERY, GATE, OIL
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import Forbidden, NotFound, RuleViolation
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Container
from wastehub.models.lots import Lot, Treatment, TreatmentLine
from wastehub.models.manifests import Manifest, ManifestLine
from wastehub.models.organisations import Organisation
from wastehub.models.receptions import Reception, ReceptionLine
from wastehub.services import treatments
from wastehub.services.treatments import LotReception


def code_of(act: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(RuleViolation) as caught:
        act(*args, **options)
    return caught.value.code


def drums(database: Database) -> list[UUID]:
    with database.reading() as session:
        return list(session.scalars(select(Container.id).order_by(Container.label_code)))


def second_leg(session: Any) -> Manifest:
    return session.scalars(select(Manifest).where(Manifest.leg == 2)).one()


def books_hold(database: Database) -> None:
    with database.reading() as session:
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0
        rows = session.scalars(select(Container)).all()
        states = ledger.label_states(session, [row.label_code for row in rows])
        assert {row.label_code: row.mass_g for row in rows} == {k: v.mass_g for k, v in states.items()}


def test_a_lot_received_container_by_container_stands_at_the_plant(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    first, second = drums(database)
    row = world.lot_received(database, lot_id, Decision(first, 150_300), Decision(second, 99_800))
    assert row.state == "closed" and row.lot_id == lot_id
    with database.reading() as session:
        lot = session.get_one(Lot, lot_id)
        assert lot.state == "received" and lot.received_at is not None
        assert {(c.state, c.holder_id) for c in session.scalars(select(Container))} == {
            ("at_plant", lot.plant_id)
        }
        paper = second_leg(session)
        assert (paper.state, paper.opinion) == ("accepted", "accepted")
        assert paper.confirm_due_on is not None and paper.arrived_at == paper.decided_at
        accepted = select(ManifestLine.accepted_g).where(ManifestLine.manifest_id == paper.id)
        assert session.scalars(accepted).one() == 250_100
    books_hold(database)


def test_one_reading_of_the_weighbridge_is_shared_to_the_gram(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000, 70_000)
    world.lot_received(database, lot_id, total_g=320_001)
    with database.reading() as session:
        assert sum(session.scalars(select(Container.mass_g))) == 320_001
        lines = session.scalars(select(ReceptionLine).join(Reception).where(Reception.lot_id == lot_id)).all()
        assert sum(line.weighed_g for line in lines) == 320_001 and all(line.within for line in lines)
    books_hold(database)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    masses=st.lists(st.integers(1_000, 500_000), min_size=1, max_size=8),
    total_g=st.integers(8, 5_000_000),
)
def test_no_gram_is_lost_in_sharing(masses: list[int], total_g: int) -> None:
    shares = ledger.apportion_g(total_g, masses)
    assert sum(shares) == total_g and min(shares) >= 0


def test_a_lot_far_from_its_papers_opens_cases_and_a_discrepancy_note(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    world.lot_received(database, lot_id, total_g=230_000)
    with database.reading() as session:
        assert sum(case.mass_g for case in ledger.open_cases(session)) == 20_000
        assert "2" in second_leg(session).opinion_note
    books_hold(database)


def test_what_the_plant_refuses_is_back_at_the_platform_at_once(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    first, second = drums(database)
    world.lot_received(database, lot_id, Decision(second, None, "refused", "leaking"), total_g=150_000)
    with database.reading() as session:
        back, taken = session.get_one(Container, second), session.get_one(Container, first)
        lot = session.get_one(Lot, lot_id)
        assert (back.state, back.holder_id, back.lot_id, back.zone_id) == (
            "stored",
            lot.platform_id,
            None,
            None,
        )
        assert (taken.state, taken.mass_g) == ("at_plant", 150_000)
        assert second_leg(session).opinion == "partly"
        assert len(world.entries(session, "lot.returned")) == 1
    books_hold(database)
    world.put_away(database, second)
    assert world.opened(database, [second]), "it may leave again"


def test_a_lot_refused_as_a_whole_rejects_the_manifest(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    decisions = [Decision(key, None, "refused", "not_licensed") for key in drums(database)]
    world.lot_received(database, lot_id, *decisions)
    with database.reading() as session:
        assert (second_leg(session).state, second_leg(session).opinion) == ("rejected", "refused")
        assert {c.state for c in session.scalars(select(Container))} == {"stored"}
    books_hold(database)


def test_every_container_needs_a_decision_and_only_one(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    first, second = drums(database)
    full = Decision(first, 150_000), Decision(second, 100_000)
    assert code_of(world.lot_received, database, lot_id, full[0]) == "reception.containers_missing"
    assert code_of(world.lot_received, database, lot_id, *full, full[0]) == "reception.already_decided"
    stranger = Decision(uuid4(), 1_000)
    assert (
        code_of(world.lot_received, database, lot_id, *full, stranger) == "reception.container_not_expected"
    )
    assert code_of(world.lot_received, database, lot_id, total_g=0) == "mass.not_positive"
    bad = Decision(second, 100_000, "refused", "other")
    assert code_of(world.lot_received, database, lot_id, full[0], bad) == "reason.note_missing"
    with database.reading() as session:
        assert session.get_one(Lot, lot_id).state == "shipped"


def test_a_lot_is_received_once_and_only_by_its_plant(database: Database) -> None:
    lot_id = world.on_the_road(database)
    with database.reading() as session:
        stranger = firms.actor_of(world.plant(session, "JX-D91"))
        platform = world.desk(session)
    with pytest.raises(NotFound):
        world.lot_received(database, lot_id, total_g=250_000, actor=stranger)
    with pytest.raises(Forbidden):
        world.lot_received(database, lot_id, total_g=250_000, actor=platform)
    world.lot_received(database, lot_id)
    assert code_of(world.lot_received, database, lot_id, total_g=1) == "lot.not_on_the_road"
    with pytest.raises(NotFound), database.transaction() as session:
        order = LotReception(stranger, uuid4())
        treatments.receive_lots(session, receptions=[order], now=GATE)


def test_every_kilogram_ends_under_a_method_code(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    world.lot_received(database, lot_id)
    treatment_id = world.treated(database, drums(database))
    with database.reading() as session:
        made = session.get_one(Treatment, treatment_id)
        assert made.treatment_no == f"HWZXLY{GATE:%Y%m%d}001"
        assert (made.method_code, made.containers, made.mass_g) == ("R9", 2, 250_000)
        assert sum(session.scalars(select(TreatmentLine.mass_g))) == 250_000
        assert {(c.state, c.holder_id) for c in session.scalars(select(Container))} == {("treated", None)}
        done = ledger.balances(session, kind="DONE")
        assert sum(account.balance_g for account in done) == 250_000
    books_hold(database)


def test_a_method_the_plant_is_not_registered_for_is_refused(database: Database) -> None:
    lot_id = world.on_the_road(database)
    world.lot_received(database, lot_id)
    assert code_of(world.treated, database, drums(database), method="R4") == "treatment.method_not_licensed"
    assert code_of(world.treated, database, drums(database), method="X9") == "treatment.method_unknown"
    assert code_of(world.treated, database, []) == "treatment.no_containers"


def test_only_what_stands_at_the_plant_is_treated_and_once(database: Database) -> None:
    lot_id = world.on_the_road(database)
    assert code_of(world.treated, database, drums(database)) == "object.not_found"
    world.lot_received(database, lot_id)
    twice = [*drums(database), *drums(database)]
    world.treated(database, twice)
    assert code_of(world.treated, database, drums(database)) == "treatment.already_treated"
    with database.reading() as session:
        other = firms.actor_of(world.plant(session, "JX-D91"))
        platform = world.desk(session)
    assert code_of(world.treated, database, drums(database), actor=other) == "object.not_found"
    with pytest.raises(Forbidden):
        world.treated(database, drums(database), actor=platform)


def test_disposal_and_utilisation_have_their_own_numbers(database: Database) -> None:
    """HJ 1259-2022: HWZXLY for utilisation, HWZXCZ for disposal, running per plant and day."""
    ids = world.stored(database, [(OIL, (150_000, 100_000)), (BATTERY, (60_000,))])
    with database.reading() as session:
        oil = [key for key in ids if key in world.containers_in(session, "stored", OIL)]
        burner = world.plant(session, "JX-D96")
    for key in oil:
        lot_id = world.shipped(database, world.opened(database, [key], plant_id=burner.id))
        world.lot_received(database, lot_id)
    made = []
    for key in oil:
        treatment_id = world.treated(
            database, [key], method="D10", plant_id=burner.id, actor=firms.actor_of(burner)
        )
        with database.reading() as session:
            made.append(session.get_one(Treatment, treatment_id).treatment_no)
    assert made == [f"HWZXCZ{GATE:%Y%m%d}001", f"HWZXCZ{GATE:%Y%m%d}002"]
    with database.reading() as session:
        assert session.get_one(Organisation, burner.id).kind == "plant"
