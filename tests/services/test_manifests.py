"""Manifests: who sees which, the whole form, the national number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from tests import firms
from tests.services import planning_world as world
from tests.services.driving_world import DAY, Road, at, road, started
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.models.manifests import Manifest
from wastehub.models.users import User
from wastehub.models.vehicles import CrewMember
from wastehub.services import manifests

NUMBER = "20263304000001"


def listed(on: Road, actor: Actor, **options: Any) -> list[str]:
    with on.database.reading() as session:
        rows, count, sums = manifests.list_manifests(session, actor=actor, today=DAY, **options)
    assert count == len(rows) and sums["mass_g"] == sum(row.mass_g for row in rows)
    return [row.number for row in rows]


def desk(on: Road) -> Actor:
    return Actor("user:desk", "dispatcher", organisation_id=on.driver.organisation_id)


def owner(on: Road, number: int = 0) -> Actor:
    return Actor("user:firm", "enterprise", organisation_id=on.request(on.stops()[number]).enterprise_id)


def enter(on: Road, number: str = NUMBER, stop: int = 0, **options: Any) -> Manifest:
    values: dict[str, Any] = {"actor": desk(on), "version": None} | options
    with on.database.transaction() as session:
        return manifests.record_official_number(
            session, manifest_id=on.paper(on.stops()[stop]).id, number=number, now=at(10), **values
        )


def code_of(on: Road, kind: type[Exception] = Conflict, **options: Any) -> str:
    with pytest.raises(kind) as refusal:
        enter(on, **options)
    return str(getattr(refusal.value, "code", ""))


def test_each_party_sees_its_own_manifests(database: Database) -> None:
    on = road(database, 2)
    both = sorted(on.paper(stop).provisional_no for stop in on.stops())
    assert sorted(listed(on, desk(on))) == both
    assert sorted(listed(on, on.driver)) == both
    assert listed(on, owner(on)) == [on.paper(on.stops()[0]).provisional_no]
    assert sorted(listed(on, Actor("r", "regulator"))) == both
    assert sorted(listed(on, Actor("r", "regulator", county_code="330411"))) == both
    assert listed(on, Actor("r", "regulator", county_code="330402")) == []
    assert listed(on, Actor("p", "plant", organisation_id=uuid4())) == []
    with pytest.raises(Forbidden):
        listed(on, Actor("a", "admin"))


def test_a_driver_sees_the_manifests_of_the_own_rounds(database: Database) -> None:
    on = road(database, 1)
    mine, other = uuid4(), uuid4()
    with database.transaction() as session:
        for key, login in ((mine, "driver-a"), (other, "driver-b")):
            session.add(
                User(
                    id=key,
                    login=login,
                    display_name="示例",
                    password_hash="x",
                    role="driver",
                    organisation_id=on.driver.organisation_id,
                    created_at=at(8),
                )
            )
        session.flush()
        escort = on.row(session).escort
        assert escort is not None
        session.get_one(CrewMember, escort.id).user_id = mine
    unit = on.driver.organisation_id
    assert len(listed(on, Actor("x", "driver", mine, unit))) == 1
    assert listed(on, Actor("x", "driver", other, unit)) == []


def test_the_list_is_filtered_sorted_and_summed(database: Database) -> None:
    on = started(database, 2)
    first, second = on.stops()
    on.scan(on.report(on.labels(first)[0], measured_g=151_000))
    on.close(first.id)
    on.close(second.id, "missed", "closed")
    gone, void = on.paper(first).provisional_no, on.paper(second).provisional_no
    assert listed(on, desk(on), state="void") == [void]
    assert listed(on, desk(on), state="open") == [gone]
    assert listed(on, desk(on), state="in_transit", leg="1") == [gone]
    assert listed(on, desk(on), leg="2") == []
    assert listed(on, desk(on), text=gone[-6:]) == [gone]
    that_day = {"from_on": firms.TODAY, "until_on": firms.TODAY, "sort": "mass_g"}
    assert listed(on, desk(on), **that_day) == [gone, void]
    assert listed(on, desk(on), **that_day, descending=False) == [void, gone]
    assert listed(on, desk(on), from_on=DAY) == []
    on.arrive()
    assert listed(on, desk(on), state="overdue") == []
    with database.transaction() as session:
        session.execute(update(Manifest).values(confirm_due_on=DAY - timedelta(days=1)))
    assert listed(on, desk(on), state="overdue") == [gone]


def test_the_form_states_all_that_the_law_asks(database: Database) -> None:
    on = started(database, 1, (world.OIL, (150_000, 100_000)), (world.RAGS, (40_000,)))
    [stop] = on.stops()
    on.scan(*(on.report(code, measured_g=on.container(code).mass_g) for code in on.labels()))
    on.close(stop.id, hour=9.5)
    with database.reading() as session:
        form = manifests.manifest_view(session, actor=owner(on), manifest_id=on.paper(stop).id)
        assert form.manifest.mover_out.credit_code and form.manifest.loaded_at == at(9.5)
        assert form.acceptor_permit.startswith("示例-收集") and form.carrier_permit.startswith("示例-道运")
        assert form.vehicle.permit_number and form.driver and form.escort
        assert (form.driver.kind, form.escort.kind) == ("driver", "escort")
        assert form.precautions_zh and form.round and form.round.id == on.round_id
        assert (form.declared_g, form.loaded_g, form.accepted_g) == (290_000, 290_000, None)
        assert [each.waste.code for each in form.lines] == [world.RAGS, world.OIL]
        assert len(form.containers) == 3 and not form.may_number
        assert form.handler == "" and form.received_at is None


def test_a_strangers_manifest_does_not_exist(database: Database) -> None:
    on = road(database, 2)
    with database.reading() as session:
        for who, stop in ((owner(on, 0), 1), (Actor("x", "dispatcher", organisation_id=uuid4()), 0)):
            with pytest.raises(NotFound):
                manifests.manifest_view(session, actor=who, manifest_id=on.paper(on.stops()[stop]).id)
        with pytest.raises(NotFound):
            manifests.manifest_view(session, actor=desk(on), manifest_id=UUID(int=4))


def test_the_national_number_takes_the_place_of_the_provisional_one(database: Database) -> None:
    on = road(database, 1)
    assert enter(on, " ２０２６ 3304 000001").number == NUMBER
    assert enter(on).number == NUMBER, "the same number again changes nothing"
    with database.reading() as session:
        entries = ledger.entries_for(session, subject=on.paper(on.stops()[0]).provisional_no)
        assert [entry.event.type for entry in entries] == ["manifest.opened", "manifest.numbered"]
        assert ledger.verify(session).ok


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("2026330400001", "manifest.number_malformed"),
        ("20263304000000", "manifest.number_malformed"),
        ("20253304000001", "manifest.number_wrong_year"),
        ("20263301000001", "manifest.number_wrong_origin"),
        ("20263204000001", "manifest.number_wrong_origin"),
    ],
)
def test_a_number_has_fourteen_digits_of_year_and_origin(database: Database, number: str, code: str) -> None:
    assert code_of(road(database, 1), InvalidInput, number=number) == code


def test_a_number_belongs_to_one_manifest(database: Database) -> None:
    on = road(database, 2)
    enter(on)
    assert code_of(on, stop=1) == "manifest.number_taken"


def test_a_closed_or_void_manifest_keeps_its_number(database: Database) -> None:
    on = road(database, 1)
    enter(on)
    with database.transaction() as session:
        session.execute(update(Manifest).values(state="accepted"))
    assert code_of(on, number="20263304000002") == "manifest.number_sealed"
    with database.transaction() as session:
        session.execute(update(Manifest).values(state="void"))
    assert code_of(on, number="20263304000002") == "manifest.act_not_allowed"


def test_a_number_is_entered_by_platform_or_plant_on_a_fresh_form(database: Database) -> None:
    on = road(database, 1)
    code_of(on, Forbidden, actor=owner(on))
    code_of(on, NotFound, actor=Actor("x", "dispatcher", organisation_id=uuid4()))
    code_of(on, StaleVersion, version=99)
