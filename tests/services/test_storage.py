"""Where a container may stand: zone groups, room, neighbours, and quarantine for what nobody classified."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import BATTERY, GATE, OIL, RAGS
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import Conflict, Forbidden, NotFound
from wastehub.models.batches import Batch, Container
from wastehub.models.reference import WasteCode
from wastehub.models.zones import Zone, ZoneGroup
from wastehub.services import storage
from wastehub.services.storage import Move


def zone_id(database: Database, *, group: str | None) -> UUID:
    """A zone of the platform laid out for a group; without one, the quarantine."""
    with database.reading() as session:
        owner = firms.platform_for(session, world.COUNTY).id
        query = select(Zone.id).outerjoin(ZoneGroup).where(Zone.organisation_id == owner)
        return session.scalars(query.where(ZoneGroup.group_code == group).order_by(Zone.code)).first()  # type: ignore[return-value]


def move(database: Database, *moves: tuple[UUID, UUID | None], **options: Any) -> None:
    with database.transaction() as session:
        who = options.get("actor") or world.desk(session)
        storage.put_away(session, moves=[Move(who, key, zone) for key, zone in moves], now=GATE)


def refusal(database: Database, *moves: tuple[UUID, UUID | None], **options: Any) -> Conflict:
    with pytest.raises(Conflict) as caught:
        move(database, *moves, **options)
    return caught.value


def where(database: Database, container_id: UUID) -> UUID | None:
    with database.reading() as session:
        return session.get_one(Container, container_id).zone_id


def ungroup(database: Database, code: str) -> None:
    with database.transaction() as session:
        session.execute(update(WasteCode).where(WasteCode.code == code).values(group_code=None))


def test_the_rules_suggest_a_zone_laid_out_for_the_group(database: Database) -> None:
    drums = world.stored(database, [(OIL, (150_000, 100_000))])
    move(database, *((drum, None) for drum in drums))
    assert {where(database, drum) for drum in drums} == {zone_id(database, group="OIL")}
    with database.reading() as session:
        [entry] = world.entries(session, "container.moved")
        assert len(entry.lines) == 2, "one entry for what went into one zone"
        assert ledger.verify(session).ok


def test_a_zone_of_another_group_is_refused(database: Database) -> None:
    [drum] = world.stored(database)
    found = refusal(database, (drum, zone_id(database, group="B")))
    assert found.code == "zone.group_not_allowed" and found.params["group"] == "OIL"
    assert where(database, drum) is None


def test_a_zone_takes_what_just_fits_and_not_a_gram_more(database: Database) -> None:
    first, second = world.stored(database, [(OIL, (150_000, 100_000))])
    oil = zone_id(database, group="OIL")
    with database.transaction() as session:
        session.execute(update(Zone).where(Zone.id == oil).values(capacity_g=249_999))
    with database.reading() as session:
        grams = {key: session.get_one(Container, key).mass_g for key in (first, second)}
    found = refusal(database, (first, oil), (second, oil))
    assert found.code == "zone.full" and found.params["stock_g"] == grams[first]
    with database.transaction() as session:
        session.execute(update(Zone).where(Zone.id == oil).values(capacity_g=250_000))
    move(database, (first, oil), (second, oil))


def test_moving_within_the_store_frees_the_old_zone(database: Database) -> None:
    [drum] = world.stored(database)
    oil = zone_id(database, group="OIL")
    with database.transaction() as session:
        session.execute(update(Zone).where(Zone.id == oil).values(capacity_g=150_000))
    move(database, (drum, oil))
    move(database, (drum, oil))  # it does not stand in its own way
    with database.transaction() as session:
        owner = firms.platform_for(session, world.COUNTY).id
        spare = Zone(
            id=uuid4(),
            organisation_id=owner,
            code="Z99",
            name_zh="备用",
            name_en="Spare",
            capacity_g=150_000,
        )
        session.add(spare)
        session.flush()
        session.add(ZoneGroup(zone_id=spare.id, group_code="OIL"))
        spare_id = spare.id
    move(database, (drum, spare_id))
    assert where(database, drum) == spare_id


def test_waste_that_nobody_classified_goes_to_quarantine_and_only_there(database: Database) -> None:
    drums = world.stored(database, [(OIL, (150_000,))], [(RAGS, (40_000,))])
    ungroup(database, OIL)
    with database.reading() as session:
        oily = next(key for key in drums if key in world.containers_in(session, "stored", OIL))
    assert refusal(database, (oily, zone_id(database, group="OIL"))).code == "zone.group_not_allowed"
    move(database, (oily, None))
    assert where(database, oily) == zone_id(database, group=None)
    [rags] = [key for key in drums if key != oily]
    assert refusal(database, (rags, zone_id(database, group=None))).code == "zone.group_not_allowed"


def test_two_unclassified_codes_never_share_the_quarantine(database: Database) -> None:
    drums = world.stored(database, [(OIL, (150_000,))], [(RAGS, (40_000,))])
    ungroup(database, OIL)
    ungroup(database, RAGS)
    found = refusal(database, *((drum, None) for drum in drums))
    assert found.code == "zone.none_suitable" and found.params["group"] == "—"
    move(database, (drums[0], None))


def test_only_what_stands_in_the_store_is_moved(database: Database) -> None:
    [trip_id] = world.driven(database)
    with database.reading() as session:
        [aboard] = [row.id for row in world.aboard(session, trip_id)]
    with pytest.raises(NotFound):
        move(database, (aboard, None))  # on the vehicle it is nobody's store
    world.receive(database, trip_id)
    lot_id = world.opened(database, [aboard])
    assert refusal(database, (aboard, None)).code == "container.not_in_store"
    assert lot_id


def test_foreign_stores_zones_and_roles(database: Database) -> None:
    [drum] = world.stored(database)
    with database.reading() as session:
        stranger = firms.dispatcher(session, "330402")
        plant = firms.actor_of(world.plant(session))
        foreign = session.scalars(
            select(Zone.id).where(Zone.organisation_id == stranger.organisation_id)
        ).first()
    with pytest.raises(NotFound):
        move(database, (drum, None), actor=stranger)
    with pytest.raises(Forbidden):
        move(database, (drum, None), actor=plant)
    with pytest.raises(NotFound):
        move(database, (drum, foreign))
    with pytest.raises(NotFound):
        move(database, (uuid4(), None))


def test_the_store_is_seen_zone_by_zone(database: Database) -> None:
    drums = world.stored(database, [(OIL, (150_000,)), (BATTERY, (60_000,))])
    world.put_away(database, *drums)
    with database.reading() as session:
        who = world.desk(session)
        assert who.organisation_id is not None
        zones = storage.zones_of_store(session, actor=who, organisation_id=who.organisation_id)
        assert [zone.code for zone in zones] == sorted(zone.code for zone in zones)
        assert sum(zone.stock_g for zone in zones) == 210_000
        codes = session.scalars(select(Batch.waste_code)).all()
        assert {load.waste_code for zone in zones for load in zone.loads} == set(codes)
        with pytest.raises(NotFound):
            storage.zones_of_store(
                session, actor=firms.dispatcher(session, "330402"), organisation_id=who.organisation_id
            )
