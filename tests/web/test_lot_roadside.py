"""An officer stops a lot on its way to a plant: in time, late, withdrawn, received, too early, foreign."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL
from tests.web.conftest import SignIn
from tests.web.test_roadside import files_of, text_of
from wastehub import ledger
from wastehub.db import Database
from wastehub.models.lots import Lot
from wastehub.models.manifests import Manifest
from wastehub.models.organisations import Organisation
from wastehub.models.roadside import RoadsideOpening, RoadsidePass
from wastehub.models.users import User
from wastehub.models.vehicles import CrewMember, Vehicle


@pytest.fixture
def lot_id(database: Database, frozen_now: Any) -> UUID:
    frozen_now.now = GATE
    return world.on_the_road(database, 150_000, 100_000)


@pytest.fixture
def desk(lot_id: UUID, database: Database, sign_in: SignIn) -> FlaskClient:
    with database.reading() as session:
        platform_id = session.get_one(Lot, lot_id).platform_id
    return sign_in("dispatcher", organisation_id=platform_id)


def shown(desk: FlaskClient, lot_id: UUID) -> str:
    """Shows a code on the lot's page; the path that stands in it."""
    assert desk.post(f"/facility/lots/{lot_id}/roadside").status_code == 302
    page = desk.get(f"/facility/lots/{lot_id}").text
    assert "还有 30 分钟" in page
    return re.findall(r'href="https?://[^/"]+(/r/[^"]+)"', page)[0]


def code_of(answer: Any) -> str:
    return str(answer.get_json()["type"]).removeprefix("/problems/")


def test_an_officer_reads_waybill_card_and_manifest_of_the_lot(
    app: Any, desk: FlaskClient, lot_id: UUID, database: Database
) -> None:
    address = shown(desk, lot_id)
    officer = app.test_client()
    answer = officer.get(address)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    with database.reading() as session:
        lot = session.get_one(Lot, lot_id)
        vehicle = session.get_one(Vehicle, lot.vehicle_id)
        driver = session.get_one(CrewMember, lot.driver_id)
        plant = session.get_one(Organisation, lot.plant_id)
        [paper] = session.scalars(select(Manifest).where(Manifest.lot_id == lot_id)).all()
    bare = re.sub(r"<[^>]*>|\s", "", answer.text)
    for word in (lot.lot_no, vehicle.plate, driver.name, plant.name, paper.number, "250.0kg"):
        assert re.sub(r"\s", "", word) in bare, word
    assert "<form" not in answer.text  # read-only
    assert "Going to" in officer.get(address + "?lang=en").text
    files = files_of(answer.text)
    texts = [text_of(officer.get(name).data) for name in files]
    assert [name.rsplit("/", 1)[1] for name in files[:2]] == ["waybill.pdf", "safety-card.pdf"]
    assert "危险货物运单" in texts[0] and vehicle.plate in texts[0]
    assert "安全卡" in texts[1] and "转移联单" in texts[2] and paper.number in texts[2]


def test_a_lot_that_has_not_left_is_refused_with_what_to_do(
    app: Any, database: Database, sign_in: SignIn, frozen_now: Any
) -> None:
    frozen_now.now = GATE
    waiting = world.opened(database, world.stored(database, [(OIL, (150_000,))]))
    with database.reading() as session:
        platform_id = session.get_one(Lot, waiting).platform_id
    desk = sign_in("dispatcher", organisation_id=platform_id)
    page = desk.get(f"/facility/lots/{waiting}").text
    assert "出示二维码" not in page
    refused = desk.post(f"/facility/lots/{waiting}/roadside")
    assert refused.status_code == 409 and "请先在批次页点“发运”" in refused.text
    assert code_of(desk.post(f"/api/v1/lots/{waiting}/roadside-passes")) == "roadside.lot_not_shipped"
    with database.reading() as session:
        assert session.scalars(select(RoadsidePass)).all() == []


def test_the_link_ends_when_the_plant_receives_the_lot(
    app: Any, desk: FlaskClient, lot_id: UUID, database: Database
) -> None:
    address = shown(desk, lot_id)
    files = files_of(app.test_client().get(address).text)
    world.lot_received(database, lot_id)
    for name in (address, *files):
        gone = app.test_client().get(name)
        assert gone.status_code == 410 and "不在途中" in gone.text and "浙" not in gone.text, name
    assert "出示二维码" not in desk.get(f"/facility/lots/{lot_id}").text
    again = desk.post(f"/api/v1/lots/{lot_id}/roadside-passes")
    assert (again.status_code, code_of(again)) == (409, "roadside.lot_not_on_the_road")
    assert desk.get(f"/api/v1/lots/{lot_id}/roadside-passes").get_json() == {"items": []}


def test_half_an_hour_may_be_renewed_but_not_after_it_is_over(
    app: Any, desk: FlaskClient, lot_id: UUID, database: Database, frozen_now: Any
) -> None:
    address = shown(desk, lot_id)
    with database.reading() as session:
        made = session.scalars(select(RoadsidePass)).one()
    frozen_now.now = GATE + timedelta(minutes=29)
    assert desk.post(f"/facility/lots/{lot_id}/roadside/{made.id}/renew").status_code == 302
    frozen_now.now = GATE + timedelta(minutes=58, seconds=59)
    assert app.test_client().get(address).status_code == 200
    frozen_now.now = GATE + timedelta(minutes=59)
    late = app.test_client().get(address)
    assert late.status_code == 410 and "已过期" in late.text
    refused = desk.post(f"/facility/lots/{lot_id}/roadside/{made.id}/renew")
    assert refused.status_code == 409 and "请重新出示一个" in refused.text
    with database.reading() as session:
        lot = session.get_one(Lot, lot_id)
        kinds = [entry.event.type for entry in ledger.entries_for(session, subject=lot.lot_no)]
    assert kinds[-2:] == ["roadside.shown", "roadside.renewed"]


def test_a_withdrawn_link_is_dead_and_every_opening_is_counted(
    app: Any, desk: FlaskClient, lot_id: UUID, database: Database
) -> None:
    address = shown(desk, lot_id)
    for _ in range(2):
        app.test_client().get(address)
    [row] = desk.get(f"/api/v1/lots/{lot_id}/roadside-passes").get_json()["items"]
    assert row["openings"] == 2 and row["link"]["address"].endswith(address)
    pass_id = row["link"]["id"]
    for _ in range(2):  # told twice
        assert desk.post(f"/facility/lots/{lot_id}/roadside/{pass_id}/revoke").status_code == 302
    gone = app.test_client().get(address)
    assert gone.status_code == 410 and "已收回" in gone.text
    renewed = desk.post(f"/api/v1/roadside-passes/{pass_id}/renewal")
    assert (renewed.status_code, code_of(renewed)) == (409, "roadside.not_renewable")
    with database.reading() as session:
        verdicts = session.scalars(select(RoadsideOpening.verdict)).all()
    assert sorted(verdicts) == ["revoked", "shown", "shown"]


def test_only_its_platform_and_its_crew_show_a_lot(
    desk: FlaskClient, lot_id: UUID, database: Database, sign_in: SignIn
) -> None:
    shown(desk, lot_id)
    with database.transaction() as session:
        made = session.scalars(select(RoadsidePass)).one()
        lot = session.get_one(Lot, lot_id)
        platforms = select(Organisation.id).where(Organisation.kind == "platform")
        elsewhere = session.scalars(platforms.where(Organisation.id != lot.platform_id)).first()
    driver = sign_in("driver", organisation_id=lot.platform_id)  # not on this lot's vehicle
    others = (
        (sign_in("dispatcher", login="other-desk", organisation_id=elsewhere), 404),
        (driver, 404),
        (sign_in("plant", organisation_id=lot.plant_id), 403),
        (sign_in("regulator"), 403),
    )
    for stranger, status in others:
        for path in ("", f"/{made.id}/renew", f"/{made.id}/revoke"):
            answer = stranger.post(f"/facility/lots/{lot_id}/roadside{path}")
            assert answer.status_code == status, path
        assert stranger.post(f"/api/v1/lots/{lot_id}/roadside-passes").status_code == status
        assert stranger.post(f"/api/v1/roadside-passes/{made.id}/withdrawal").status_code == status
    with database.transaction() as session:
        user_id = session.scalars(select(User.id).where(User.login == "driver-tester")).one()
        session.get_one(CrewMember, lot.driver_id).user_id = user_id
        [paper] = session.scalars(select(Manifest.id).where(Manifest.lot_id == lot_id)).all()
    # The way there from the driver's own list: the manifest, then the lot.
    assert f"/facility/lots/{lot_id}#roadside" in driver.get(f"/manifests/{paper}").text
    assert "路检出示" in driver.get(f"/facility/lots/{lot_id}").text
    assert driver.post(f"/facility/lots/{lot_id}/roadside").status_code == 302
    codes = [desk.post(f"/facility/lots/{lot_id}/roadside").status_code for _ in range(4)]
    assert codes == [302, 302, 302, 409]


def test_a_link_of_a_lot_opens_no_other_load(
    app: Any, desk: FlaskClient, lot_id: UUID, database: Database
) -> None:
    address = shown(desk, lot_id)
    with database.reading() as session:
        other = session.scalars(select(Manifest.id).where(Manifest.lot_id.is_(None))).first()
        made = session.scalars(select(RoadsidePass)).one()
    for name in (
        f"{address}/trips/{uuid4()}/waybill.pdf",
        f"{address}/manifests/{other}.pdf",  # of the first leg, whose waste is inside
    ):
        answer = app.test_client().get(name)
        assert answer.status_code == 404 and "不属于这辆车" in answer.text
    foreign = desk.post(f"/facility/lots/{uuid4()}/roadside/{made.id}/revoke")
    assert foreign.status_code == 404
    assert app.test_client().get(address).status_code == 200
