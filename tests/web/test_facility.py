"""The platform's gate and store, lots, and the plant: by hand in the browser and over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Container
from wastehub.models.lots import Lot, Treatment
from wastehub.models.receptions import Reception
from wastehub.models.vehicles import Vehicle
from wastehub.models.zones import Zone

TWO_DRUMS = [(OIL, (150_000, 100_000))]


@pytest.fixture(autouse=True)
def at_the_gate(frozen_now: Any) -> None:
    frozen_now.now = GATE


@pytest.fixture
def client(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
    return sign_in("dispatcher", organisation_id=own)


@pytest.fixture
def plant(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = world.plant(session).id
    return sign_in("plant", organisation_id=own)


def aboard(database: Database, trip_id: UUID) -> list[UUID]:
    with database.reading() as session:
        return [row.id for row in world.aboard(session, trip_id)]


def all_of(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(table)))


def rows(*ids: UUID, **changes: str) -> dict[str, str]:
    """What the gate's form sends; changes name "0.weighed_kg" and the like."""
    made = {}
    for index, key in enumerate(ids):
        made |= {
            f"decisions.{index}.container_id": str(key),
            f"decisions.{index}.weighed_kg": "",
            f"decisions.{index}.decision": "accepted",
            f"decisions.{index}.reason": "",
            f"decisions.{index}.note": "",
        }
    return made | {f"decisions.{name}": value for name, value in changes.items()}


# --- the gate ------------------------------------------------------------------------------------


def test_without_trips_the_gate_says_what_comes_next(client: FlaskClient) -> None:
    page = client.get("/facility/receptions").text
    assert "现在没有车在路上" in page and "查看收运任务" in page


def test_the_gate_lists_what_waits_and_exports_it(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    page = client.get("/facility/receptions").text
    assert "待接收" in page and "250.0 kg" in page and f"/facility/receptions/{trip_id}" in page
    exported = client.get("/facility/receptions?state=arrived&export=csv").get_data(as_text=True)
    assert exported.count("\n") == 2
    assert "现在没有车在路上" not in client.get("/facility/receptions?q=nothing").text
    world.receive(database, trip_id)
    assert "JS20260317" in client.get("/facility/receptions?state=received").text


@pytest.mark.parametrize("sort", ["round_no", "expected_at", "-received_at", "plate", "mass_g", "containers"])
def test_every_order_of_the_gates_list_works(client: FlaskClient, database: Database, sort: str) -> None:
    world.driven(database)
    assert client.get(f"/facility/receptions?state=all&sort={sort}").status_code == 200


def test_a_trip_weighed_in_by_hand(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = aboard(database, trip_id)
    page = client.get(f"/facility/receptions/{trip_id}").text
    assert page.count("data-gate-row") == 2 and "办结接收" in page and 'data-expected="150000"' in page
    form = rows(first, second, **{"0.weighed_kg": "150.4", "1.weighed_kg": "１００"})
    form |= {"gross_kg": "7.25 t", "tare_kg": "7000", "act": "close"}
    answer = client.post(f"/facility/receptions/{trip_id}", data=form)
    assert answer.status_code == 302, answer.text
    [row] = all_of(database, Reception)
    assert (row.state, row.gross_g, row.tare_g) == ("closed", 7_250_000, 7_000_000)
    page = client.get(f"/facility/receptions/{trip_id}").text
    assert "+0.4 kg" in page and "已接受" in page and "放入贮存分区" in page


def test_a_part_is_kept_and_the_rest_stays_open(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = aboard(database, trip_id)
    form = rows(first, second, **{"1.weighed_kg": "100"}) | {"act": "part"}
    assert client.post(f"/facility/receptions/{trip_id}", data=form).status_code == 302
    page = client.get(f"/facility/receptions/{trip_id}").text
    assert page.count('name="decisions.') > 0 and 'data-state="decided"' in page
    early = client.post(f"/facility/receptions/{trip_id}", data={"act": "close"})
    assert early.status_code == 409 and "还有 1 个容器" in early.text


def test_a_wrong_mass_and_a_missing_reason_come_back_at_their_row(
    client: FlaskClient, database: Database
) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    first, second = aboard(database, trip_id)
    form = rows(first, second, **{"0.weighed_kg": "150", "1.weighed_kg": "hundred"})
    answer = client.post(f"/facility/receptions/{trip_id}", data=form)
    assert answer.status_code == 422 and 'value="hundred"' in answer.text and 'value="150"' in answer.text
    # The first row is empty: the service's only decision stands in the second row.
    form = rows(first, second, **{"1.decision": "refused"}) | {"act": "part"}
    answer = client.post(f"/facility/receptions/{trip_id}", data=form)
    assert answer.status_code == 422 and "#field-decisions.1.reason" in answer.text
    assert all_of(database, Reception) == []


def test_a_double_click_weighs_in_once(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database)
    form = rows(*aboard(database, trip_id), **{"0.weighed_kg": "150"}) | {"idempotency_key": "once"}
    first = client.post(f"/facility/receptions/{trip_id}", data=form)
    again = client.post(f"/facility/receptions/{trip_id}", data=form)
    assert (first.status_code, again.status_code) == (302, 302) and len(all_of(database, Reception)) == 1


def test_refused_containers_are_listed_until_they_are_home(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database)
    [drum] = aboard(database, trip_id)
    form = rows(drum, **{"0.decision": "refused", "0.reason": "other", "0.note": "桶身变形"}) | {
        "act": "close"
    }
    assert client.post(f"/facility/receptions/{trip_id}", data=form).status_code == 302
    page = client.get("/facility/refused").text
    assert "桶身变形" in page and "登记已退回" in page
    assert client.post("/facility/refused", data={}).status_code == 422
    assert client.post("/facility/refused", data={"container_ids": "nonsense"}).status_code == 422
    assert client.post("/facility/refused", data={"container_ids": str(drum)}).status_code == 302
    assert "没有等待退回的容器" in client.get("/facility/refused").text
    assert client.get(f"/facility/receptions/{trip_id}").status_code == 200, (
        "the trip still shows what it brought"
    )


# --- the store -----------------------------------------------------------------------------------


def test_the_store_shows_zones_and_puts_away_as_the_rules_suggest(
    client: FlaskClient, database: Database
) -> None:
    world.stored(database, TWO_DRUMS)
    page = client.get("/facility/zones").text
    assert "2 个容器（250.0 kg）还没有放入分区" in page and "只放未判定分组的废物" in page
    assert client.post("/facility/zones", data={"all_waiting": "1"}).status_code == 302
    assert {row.zone_id is None for row in all_of(database, Container)} == {False}
    page = client.get("/facility/zones").text
    assert "还没有放入分区" not in page and "250.0 kg" in page
    assert client.get("/facility/zones?export=xlsx").mimetype.endswith("sheet")
    assert client.post("/facility/zones", data={}).status_code == 422


def test_a_refused_zone_is_explained_and_the_right_one_suggested(
    client: FlaskClient, database: Database
) -> None:
    [drum] = world.stored(database)
    page = client.get(f"/facility/containers/{drum}/place").text
    assert "（推荐）" in page and "不存放" in page
    with database.reading() as session:
        wrong = session.scalars(select(Zone.id).where(Zone.code == "Z04")).first()
        own = firms.platform_for(session, world.COUNTY).id
        wrong = session.scalars(select(Zone.id).where(Zone.organisation_id == own, Zone.code == "Z04")).one()
    answer = client.post(f"/facility/containers/{drum}/place", data={"zone_id": str(wrong)})
    assert answer.status_code == 409 and "zone.group_not_allowed" in answer.text
    assert client.post(f"/facility/containers/{drum}/place", data={}).status_code == 302
    assert client.get(f"/facility/containers/{uuid4()}/place").status_code == 404


# --- lots ----------------------------------------------------------------------------------------


def test_a_lot_from_code_to_vehicle_by_hand(client: FlaskClient, database: Database) -> None:
    drums = world.stored(database, TWO_DRUMS)
    assert OIL in client.get("/facility/lots/new").text
    page = client.get(f"/facility/lots/new?waste_code={OIL}").text
    assert page.count('name="container_ids"') == 2 and "R9" in page
    with database.reading() as session:
        target = world.plant(session).id
    form = {
        "waste_code": OIL,
        "plant_method": f"{target}/R9",
        "container_ids": [str(key) for key in drums],
    }
    answer = client.post("/facility/lots/new", data=form)
    assert answer.status_code == 302, answer.text
    [lot] = all_of(database, Lot)
    page = client.get(answer.location).text
    assert lot.lot_no in page and "发运" in page
    out = {"container_ids": str(drums[1]), "version": str(lot.version)}
    assert client.post(f"/facility/lots/{lot.id}/unpack", data=out).status_code == 302
    assert client.post(f"/facility/lots/{lot.id}/unpack", data=out).status_code == 409, "a stale form"
    back = {"container_ids": str(drums[1]), "version": str(lot.version + 1)}
    assert client.post(f"/facility/lots/{lot.id}/pack", data=back).status_code == 302
    with database.reading() as session:
        sent = world.shipment(session, lot.id)
        small = session.scalars(select(Vehicle).where(Vehicle.platform_id == lot.platform_id)).first()
        assert small is not None
    crew = {"driver_id": str(sent.driver_id), "escort_id": str(sent.escort_id)} | world.CHECKS
    answer = client.post(f"/facility/lots/{lot.id}/ship", data={"vehicle_id": str(uuid4())} | crew)
    assert answer.status_code == 404 and "data-open" in answer.text
    answer = client.post(f"/facility/lots/{lot.id}/ship", data={"vehicle_id": str(sent.vehicle_id)} | crew)
    assert answer.status_code == 302, answer.text
    page = client.get("/facility/lots?state=shipped").text
    assert lot.lot_no in page and "运输中" in page


def test_a_lot_without_containers_comes_back_with_the_form(client: FlaskClient, database: Database) -> None:
    world.stored(database, TWO_DRUMS)
    with database.reading() as session:
        target = world.plant(session).id
    answer = client.post("/facility/lots/new", data={"waste_code": OIL, "plant_method": f"{target}/R9"})
    assert answer.status_code == 422 and "出库批次里没有容器" in answer.text
    answer = client.post("/facility/lots/new", data={"waste_code": OIL, "plant_method": "?"})
    assert answer.status_code == 422


def test_a_lot_is_cancelled(client: FlaskClient, database: Database) -> None:
    lot_id = world.opened(database, world.stored(database))
    answer = client.post(f"/facility/lots/{lot_id}/cancel", data={"version": "1"})
    assert answer.status_code == 302 and "已取消" in client.get("/facility/lots").text
    assert client.get(f"/facility/lots/{lot_id}").status_code == 200


# --- the plant -----------------------------------------------------------------------------------


def test_the_plant_receives_a_lot_by_one_reading_and_treats_it(
    plant: FlaskClient, database: Database
) -> None:
    assert "现在没有待办" in plant.get("/facility/plant").text
    lot_id = world.on_the_road(database, 150_000, 100_000)
    assert "等待接收的批次" in plant.get("/facility/plant").text
    assert "待接收" in plant.get("/facility/plant/lots").text
    page = plant.get(f"/facility/plant/lots/{lot_id}/receive").text
    assert page.count("data-gate-row") == 2
    empty = plant.post(f"/facility/plant/lots/{lot_id}/receive", data={})
    assert empty.status_code == 409 and "没有登记结果" in empty.text
    answer = plant.post(f"/facility/plant/lots/{lot_id}/receive", data={"total_kg": "250.2"})
    assert answer.status_code == 302, answer.text
    page = plant.get(f"/facility/lots/{lot_id}").text
    assert "250.2 kg" in page and "登记利用处置" in page
    assert plant.get(f"/facility/plant/lots/{lot_id}/receive").status_code == 302, "it is received already"
    page = plant.get(f"/facility/treatments/new?waste_code={OIL}").text
    assert page.count('name="container_ids"') == 2
    ids = [str(row.id) for row in all_of(database, Container)]
    form = {"waste_code": OIL, "method_code": "R9", "container_ids": ids, "note": "第一炉"}
    nothing = plant.post("/facility/treatments/new", data=form | {"container_ids": []})
    assert nothing.status_code == 422 and "没有选择容器" in nothing.text
    answer = plant.post("/facility/treatments/new", data=form)
    assert answer.status_code == 302, answer.text
    [made] = all_of(database, Treatment)
    page = plant.get(answer.location).text
    assert made.treatment_no in page and "250.2 kg" in page and "第一炉" in page
    again = plant.post("/facility/treatments/new", data=form)
    assert again.status_code == 409 and f"利用处置（{made.treatment_no}）" in again.text
    assert made.treatment_no in plant.get("/facility/treatments?q=HWZXLY").text
    assert made.treatment_no not in plant.get("/facility/treatments?until_on=2026-01-01").text
    assert plant.get("/facility/treatments?export=csv").get_data(as_text=True).count("\n") == 2


def test_the_plant_refuses_one_drum_at_its_row(plant: FlaskClient, database: Database) -> None:
    lot_id = world.on_the_road(database, 150_000, 100_000)
    first, second = [row.id for row in sorted(all_of(database, Container), key=lambda c: c.label_code)]
    form = rows(first, second, **{"1.decision": "refused"}) | {"total_kg": "150"}
    answer = plant.post(f"/facility/plant/lots/{lot_id}/receive", data=form)
    assert answer.status_code == 422 and "#field-decisions.1.reason" in answer.text
    form |= {"decisions.1.reason": "leaking"}
    assert plant.post(f"/facility/plant/lots/{lot_id}/receive", data=form).status_code == 302
    assert {row.state for row in all_of(database, Container)} == {"stored", "at_plant"}


# --- who sees what -------------------------------------------------------------------------------


def test_foreign_trips_stores_lots_and_treatments_do_not_exist(sign_in: SignIn, database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    world.receive(database, trip_id)
    with database.reading() as session:
        stored = world.containers_in(session, "stored")
        other = firms.platform_for(session, "330402").id
        other_plant = world.plant(session, "JX-D91").id
    lot_id = world.shipped(database, world.opened(database, stored[:1]))
    world.lot_received(database, lot_id)
    treatment_id = world.treated(database, stored[:1])
    stranger = sign_in("dispatcher", organisation_id=other)
    for path in (
        f"receptions/{trip_id}",
        f"containers/{stored[1]}/place",
        f"lots/{lot_id}",
        f"treatments/{treatment_id}",
    ):
        assert stranger.get(f"/facility/{path}").status_code == 404, path
    burner = sign_in("plant", login="other-plant", organisation_id=other_plant)
    for path in (f"lots/{lot_id}", f"plant/lots/{lot_id}/receive", f"treatments/{treatment_id}"):
        assert burner.get(f"/facility/{path}").status_code == 404, path
    regulator = sign_in("regulator", county_code="330402")
    assert regulator.get(f"/facility/receptions/{trip_id}").status_code == 404
    whole_city = sign_in("regulator", login="city", county_code=None)
    for path in (f"receptions/{trip_id}", f"lots/{lot_id}", f"treatments/{treatment_id}"):
        assert whole_city.get(f"/facility/{path}").status_code == 200, path


def test_other_roles_are_turned_away(sign_in: SignIn, plant: FlaskClient, client: FlaskClient) -> None:
    for path in ("receptions", "refused", "zones", "lots", "lots/new"):
        assert plant.get(f"/facility/{path}").status_code == 403, path
    for path in ("plant", "plant/lots", "treatments", "treatments/new"):
        assert client.get(f"/facility/{path}").status_code == 403, path


def test_a_page_in_english(sign_in: SignIn, database: Database) -> None:
    [trip_id] = world.driven(database)
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
    reader = sign_in("dispatcher", organisation_id=own, locale="en")
    assert reader.get(f"/facility/receptions/{trip_id}").status_code == 200


# --- the API -------------------------------------------------------------------------------------


def test_the_loop_over_the_api(client: FlaskClient, plant: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database, TWO_DRUMS)
    assert client.get("/api/v1/receptions/trips").json["items"][0]["id"] == str(trip_id)
    board = client.get(f"/api/v1/trips/{trip_id}/reception").json
    drums = [row["container_id"] for firm in board["firms"] for row in firm["containers"]]
    body = {"decisions": [{"container_id": key, "weighed_g": 100_000} for key in drums], "close": True}
    answer = client.post(f"/api/v1/trips/{trip_id}/reception", json=body)
    assert answer.status_code == 201 and answer.json["state"] == "closed", answer.text
    places = client.get(f"/api/v1/containers/{drums[0]}/places").json
    assert places["suggested"] and any(not row["allowed"] and row["why"] for row in places["choices"])
    moves = {"moves": [{"container_id": key} for key in drums]}
    assert client.post("/api/v1/zones/moves", json=moves).status_code == 200
    assert sum(row["stock_g"] for row in client.get("/api/v1/zones").json["zones"]) == 200_000
    offers = client.get(f"/api/v1/lots/offers?waste_code={OIL}").json
    assert {offer["methods"][0] for offer in offers} == {"R9", "D10"}
    target = next(offer["plant_id"] for offer in offers if offer["methods"] == ["R9"])
    draft = {"plant_id": target, "waste_code": OIL, "container_ids": drums}
    lot = client.post("/api/v1/lots", json=draft).json
    one = {"container_ids": drums[:1], "version": lot["version"]}
    lot = client.post(f"/api/v1/lots/{lot['id']}/unpack", json=one).json
    lot = client.post(f"/api/v1/lots/{lot['id']}/pack", json=one | {"version": lot["version"]}).json
    with database.reading() as session:
        sent = world.shipment(session, UUID(lot["id"]))
    crew = {name: str(getattr(sent, name)) for name in ("vehicle_id", "driver_id", "escort_id")}
    unchecked = client.post(f"/api/v1/lots/{lot['id']}/ship", json=crew)
    assert unchecked.json["errors"][0]["code"] == "waybill.check_missing"
    crew |= world.CHECKS
    assert client.post(f"/api/v1/lots/{lot['id']}/ship", json=crew).json["state"] == "shipped"
    answer = plant.post(f"/api/v1/lots/{lot['id']}/reception", json={"total_g": 200_000})
    assert answer.status_code == 201, answer.text
    assert plant.get("/api/v1/lots").json["items"][0]["state"] == "received"
    assert plant.get(f"/api/v1/lots/{lot['id']}").json["items"][0]["decision"] == "accepted"
    waiting = plant.get(f"/api/v1/treatments/waiting?waste_code={OIL}").json
    run = {"method_code": "R9", "container_ids": [row["id"] for row in waiting]}
    made = plant.post("/api/v1/treatments", json=run)
    assert made.status_code == 201 and made.json["mass_g"] == 200_000, made.text
    assert plant.get("/api/v1/treatments").json["count"] == 1
    assert len(plant.get(f"/api/v1/treatments/{made.json['id']}").json["containers"]) == 2


def test_the_api_refuses_with_a_problem_that_names_the_field(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database)
    [drum] = aboard(database, trip_id)
    url = f"/api/v1/trips/{trip_id}/reception"
    answer = client.post(url, json={"decisions": [{"container_id": str(drum)}]})
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    [error] = answer.json["errors"]
    assert (error["code"], error["field"]) == ("reception.mass_missing", "decisions.0.weighed_g")
    assert client.post(url, json={"decisions": [{"container_id": "x"}]}).status_code == 422
    assert client.post(url, data="{", content_type="application/json").status_code in (400, 422)
    half = {"decisions": [{"container_id": str(drum), "weighed_g": 1.5}]}
    assert client.post(url, json=half).status_code == 422
    assert client.post(f"/api/v1/trips/{uuid4()}/reception", json={}).status_code == 404


def test_refused_containers_go_home_over_the_api(client: FlaskClient, database: Database) -> None:
    [trip_id] = world.driven(database)
    [drum] = aboard(database, trip_id)
    world.receive(database, trip_id, Decision(drum, None, "refused", "leaking"))
    assert client.get("/api/v1/receptions/refused").json[0]["id"] == str(drum)
    answer = client.post("/api/v1/receptions/refused/return", json={"container_ids": [str(drum)]})
    assert answer.status_code == 200 and answer.json[0]["state"] == "labelled", answer.text
    assert client.post("/api/v1/receptions/refused/return", json={"container_ids": []}).status_code == 422
