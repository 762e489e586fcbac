"""Outbound lots: one code, one plant that may, every parent kept, papers before the wheels turn."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL, RAGS
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import Forbidden, NotFound, RuleViolation, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.lots import Lot, LotItem
from wastehub.models.manifests import Manifest, ManifestLine
from wastehub.models.permits import Permit
from wastehub.models.vehicles import CrewMember, Vehicle, VehicleCategory
from wastehub.services import lots

TWO_DRUMS = [(OIL, (150_000, 100_000))]


def code_of(act: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(RuleViolation) as caught:
        act(*args, **options)
    return caught.value.code


def lot_of(database: Database, lot_id: UUID) -> Lot:
    with database.reading() as session:
        return session.get_one(Lot, lot_id)


def states(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Container.state)))


def packing(database: Database, act: Any, lot_id: UUID, *ids: UUID, version: int | None = None) -> None:
    with database.transaction() as session:
        act(session, actor=world.desk(session), lot_id=lot_id, container_ids=ids, version=version, now=GATE)


def cancelled(database: Database, lot_id: UUID, version: int | None = None) -> None:
    with database.transaction() as session:
        lots.cancel(session, actor=world.desk(session), lot_id=lot_id, version=version, now=GATE)


def test_a_lot_keeps_its_parents_and_proposes_the_plants_method(database: Database) -> None:
    drums = world.stored(database, TWO_DRUMS)
    lot_id = world.opened(database, drums)
    with database.reading() as session:
        lot = session.get_one(Lot, lot_id)
        assert lot.lot_no.startswith(f"HWCK{GATE:%Y%m%d}") and lot.planned_method == "R9"
        assert lot.state == "open"
        items = session.scalars(select(LotItem).where(LotItem.lot_id == lot_id)).all()
        assert sorted(item.mass_g for item in items) == [100_000, 150_000]
        assert states(database) == {"in_lot"}
        [entry] = world.entries(session, "lot.opened")
        assert len({line.batch for line in entry.lines}) == 1 and len(entry.lines) == 2


def test_numbers_run_per_platform_and_day(database: Database) -> None:
    first, second = world.stored(database, TWO_DRUMS)
    made = [lot_of(database, world.opened(database, [key])).lot_no for key in (first, second)]
    assert made[0][:-1] == made[1][:-1] and int(made[1][-3:]) == int(made[0][-3:]) + 1


def test_a_lot_is_for_one_code(database: Database) -> None:
    drums = world.stored(database, [(OIL, (150_000,)), (RAGS, (40_000,))])
    assert code_of(world.opened, database, drums) == "lot.mixed_codes"
    assert states(database) == {"stored"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"container_ids": ()}, "lot.no_containers"),
        ({"container_ids": tuple(UUID(int=n) for n in range(401))}, "lot.too_many_containers"),
        ({"container_ids": (UUID(int=7),)}, "object.not_found"),
        ({"plant_id": UUID(int=7)}, "object.not_found"),
        ({"planned_method": "R4"}, "lot.method_unknown"),
    ],
)
def test_a_wrong_draft_is_refused(database: Database, changes: dict[str, Any], code: str) -> None:
    [drum] = world.stored(database)
    assert code_of(world.opened, database, [drum], **changes) == code
    assert states(database) == {"stored"}


def test_the_plant_must_be_licensed_and_registered_for_the_code(database: Database) -> None:
    [drum] = world.stored(database)
    with database.reading() as session:
        solvents = world.plant(session, "JX-D91").id
    assert code_of(world.opened, database, [drum], plant_id=solvents) == "permit.category_not_licensed"
    with database.transaction() as session:
        session.execute(
            update(Permit).where(Permit.organisation_id == world.plant(session).id)
            .values(valid_from_on=date(2030, 1, 1), valid_until_on=date(2031, 1, 1))
        )  # fmt: skip
    assert code_of(world.opened, database, [drum]) == "permit.not_yet_valid"


def test_invented_waste_never_goes_to_a_real_plant(database: Database) -> None:
    [drum] = world.stored(database)
    with database.reading() as session:
        real = world.plant(session, "JX-D01").id
        demo = firms.platform_for(session, world.COUNTY).demo
    assert demo and code_of(world.opened, database, [drum], plant_id=real) == "lot.real_plant_in_demo"


def test_only_what_stands_in_the_store_is_packed_and_once(database: Database) -> None:
    first, second = world.stored(database, TWO_DRUMS)
    lot_id = world.opened(database, [first, first])
    assert code_of(packing, database, lots.pack, lot_id, first) == "container.act_not_allowed"
    packing(database, lots.pack, lot_id, second, second)
    assert states(database) == {"in_lot"}


def test_a_container_taken_out_may_be_packed_again(database: Database) -> None:
    first, second = world.stored(database, TWO_DRUMS)
    lot_id = world.opened(database, [first, second])
    packing(database, lots.unpack, lot_id, second, second)
    with database.reading() as session:
        assert session.get_one(Container, second).state == "stored"
        assert session.get_one(Container, second).lot_id is None
        assert session.get_one(LotItem, (lot_id, second)).unpacked_at is not None
    assert code_of(packing, database, lots.unpack, lot_id, second) == "object.not_found"
    assert code_of(packing, database, lots.unpack, lot_id) == "lot.no_containers"
    packing(database, lots.pack, lot_id, second)
    with database.reading() as session:
        assert session.get_one(LotItem, (lot_id, second)).unpacked_at is None


def test_two_editors_of_a_lot_do_not_overwrite_each_other(database: Database) -> None:
    first, second = world.stored(database, TWO_DRUMS)
    lot_id = world.opened(database, [first])
    seen = lot_of(database, lot_id).version
    packing(database, lots.pack, lot_id, second, version=seen)
    with pytest.raises(StaleVersion):
        packing(database, lots.unpack, lot_id, first, version=seen)
    with pytest.raises(StaleVersion):
        cancelled(database, lot_id, version=seen)
    packing(database, lots.unpack, lot_id, first, version=seen + 1)


def test_a_cancelled_lot_gives_everything_back_and_is_on_record(database: Database) -> None:
    lot_id = world.opened(database, world.stored(database, TWO_DRUMS))
    cancelled(database, lot_id)
    assert states(database) == {"stored"} and lot_of(database, lot_id).state == "cancelled"
    assert code_of(cancelled, database, lot_id) == "lot.not_open"
    assert code_of(world.shipped, database, lot_id) == "lot.not_open"
    with database.reading() as session:
        [entry] = world.entries(session, "lot.unpacked")
        assert entry.facts["cancelled"] is True


def test_a_shipped_lot_is_on_the_road_with_its_own_manifest(database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    with database.reading() as session:
        lot = session.get_one(Lot, lot_id)
        assert lot.state == "shipped" and lot.shipped_at == GATE
        for container in session.scalars(select(Container)):
            assert container.state == "shipped"
            assert container.holder_id is None and container.zone_id is None and container.lot_id == lot_id
        paper = session.scalars(select(Manifest).where(Manifest.leg == 2)).one()
        assert (paper.state, paper.lot_id) == ("in_transit", lot_id)
        assert (paper.mover_out_id, paper.acceptor_id) == (lot.platform_id, lot.plant_id)
        assert paper.driver_id and paper.escort_id and paper.vehicle_id == lot.vehicle_id
        numbers = session.scalars(select(Manifest.provisional_no)).all()
        assert len(set(numbers)) == len(numbers) == 2
        line = session.scalars(select(ManifestLine).where(ManifestLine.manifest_id == paper.id)).one()
        assert (line.containers, line.declared_g, line.loaded_g) == (2, 250_000, 250_000)
        assert line.accepted_g is None and line.method_code == "R9"
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0
    assert code_of(world.shipped, database, lot_id) == "lot.not_open"


def test_an_empty_lot_does_not_leave(database: Database) -> None:
    [drum] = world.stored(database)
    lot_id = world.opened(database, [drum])
    packing(database, lots.unpack, lot_id, drum)
    assert code_of(world.shipped, database, lot_id) == "lot.empty"


def test_no_lot_leaves_on_a_vehicle_or_with_people_that_may_not(database: Database) -> None:
    lot_id = world.opened(database, world.stored(database, TWO_DRUMS))
    with database.reading() as session:
        sent = world.shipment(session, lot_id)
        foreign = session.scalars(
            select(Vehicle.id).where(Vehicle.platform_id != lot_of(database, lot_id).platform_id)
        )
        foreign_id = foreign.first()
    swapped = {"driver_id": sent.escort_id, "escort_id": sent.driver_id}
    assert code_of(world.shipped, database, lot_id, **swapped) == "object.not_found"
    assert code_of(world.shipped, database, lot_id, vehicle_id=foreign_id) == "object.not_found"
    assert code_of(world.shipped, database, lot_id, driver_id=uuid4()) == "object.not_found"

    def attempt(table: Any, key: UUID, **values: Any) -> str:
        """With one thing changed for the attempt, and put back."""
        with database.transaction() as session:
            row = session.get_one(table, key)
            before = {name: getattr(row, name) for name in values}
            for name, value in values.items():
                setattr(row, name, value)
        code = code_of(world.shipped, database, lot_id)
        with database.transaction() as session:
            row = session.get_one(table, key)
            for name, value in before.items():
                setattr(row, name, value)
        return code

    past = date(2026, 3, 16)
    assert attempt(Vehicle, sent.vehicle_id, permit_valid_until_on=past) == "vehicle.permit_expired"
    assert attempt(Vehicle, sent.vehicle_id, capacity_g=249_999) == "vehicle.overloaded"
    assert attempt(CrewMember, sent.driver_id, certificate_valid_until_on=past) == "crew.certificate_expired"
    assert attempt(CrewMember, sent.escort_id, certificate_valid_until_on=past) == "crew.certificate_expired"
    with database.transaction() as session:
        session.execute(delete(VehicleCategory).where(VehicleCategory.vehicle_id == sent.vehicle_id))
    assert code_of(world.shipped, database, lot_id) == "vehicle.not_licensed"
    assert lot_of(database, lot_id).state == "open" and states(database) == {"in_lot"}


def test_a_licence_that_ended_since_the_packing_stops_the_lot(database: Database) -> None:
    lot_id = world.opened(database, world.stored(database))
    with database.transaction() as session:
        session.execute(
            update(Permit)
            .where(Permit.organisation_id == world.plant(session).id)
            .values(valid_from_on=date(2022, 1, 1), valid_until_on=date(2026, 3, 16))
        )
    assert code_of(world.shipped, database, lot_id) == "permit.expired"


def test_foreign_lots_do_not_exist_and_other_roles_may_not(database: Database) -> None:
    [drum] = world.stored(database)
    lot_id = world.opened(database, [drum])
    with database.reading() as session:
        stranger = firms.dispatcher(session, "330402")
        plant = firms.actor_of(world.plant(session))
        own = world.desk(session).organisation_id
    with pytest.raises(NotFound):
        world.opened(database, [drum], actor=stranger, platform_id=own)
    with pytest.raises(NotFound):
        world.shipped(database, lot_id, actor=stranger)
    with pytest.raises(Forbidden):
        world.shipped(database, lot_id, actor=plant)
    with pytest.raises(NotFound), database.transaction() as session:
        lots.cancel(session, actor=stranger, lot_id=lot_id, version=None, now=GATE)
