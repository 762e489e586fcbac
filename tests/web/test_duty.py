"""The road's pages and addresses: positions in, tracks and arrivals out, emergency card, the day's end."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests import firms
from tests.services import driving_world
from tests.services.driving_world import at
from tests.web.conftest import PASSWORD, SignIn
from tests.web.driving import crewed
from wastehub.config import EMERGENCY_CALLS
from wastehub.db import Database
from wastehub.web.pages.duty import Call, emergency_calls


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(9)
    return driving_world.started(database, 2)


@pytest.fixture
def phone(app: Any, database: Database, on: driving_world.Road) -> Any:
    """The client of the round's driver."""
    crewed(database, on)
    client = app.test_client()
    assert client.post("/sign-in", data={"login": "driver-1", "password": PASSWORD}).status_code == 302
    return client


def fix(hour: float = 8.5, **changes: Any) -> dict[str, Any]:
    place = {"lon_e6": 120_700_000, "lat_e6": 30_750_000, "accuracy_m": 9}
    return {"at": at(hour).isoformat()} | place | changes


def tell(client: Any, on: driving_world.Road, *fixes: dict[str, Any], **changes: Any) -> Any:
    body = {"round_id": str(on.round_id), "positions": list(fixes)} | changes
    return client.post("/api/v1/positions", json=body)


def test_positions_go_in_and_only_the_own_office_sees_them(
    phone: Any, sign_in: SignIn, on: driving_world.Road
) -> None:
    answer = tell(phone, on, fix(), fix(7.5)).json
    assert (answer["kept"], answer["dropped"], answer["on_duty"]) == (1, {"off_duty": 1}, True)
    track = f"/api/v1/rounds/{on.round_id}/track"
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    assert [each["accuracy_m"] for each in office.get(track).json["positions"]] == [9]
    for role in ("regulator", "admin", "plant"):
        assert sign_in(role, login=role).get(track).status_code in (403, 404)
    assert phone.get(track).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"positions": []},
        {"positions": [fix()] * 501},
        {"positions": [fix(lat_e6=91_000_000)]},
        {"positions": [fix(accuracy_m="near")]},
        {"positions": [fix() | {"at": "2026-03-17T09:00:00"}]},
        {"positions": [fix(surprise=1)]},
        {"round_id": "x"},
    ],
)
def test_malformed_batches_are_refused_as_a_whole(
    phone: Any, on: driving_world.Road, changes: dict[str, Any]
) -> None:
    answer = tell(phone, on, fix(), **changes)
    assert answer.status_code == 422 and answer.content_type == "application/problem+json"


def test_a_round_of_others_takes_no_positions(sign_in: SignIn, phone: Any, on: driving_world.Road) -> None:
    colleague = sign_in("driver", login="colleague", organisation_id=on.driver.organisation_id)
    assert tell(colleague, on, fix()).status_code == 404
    assert tell(phone, on, fix(), round_id=str(uuid4())).status_code == 404


def test_a_firm_reads_when_the_vehicle_comes(phone: Any, sign_in: SignIn, on: driving_world.Road) -> None:
    first = on.request(on.stops()[0])
    owner = sign_in("enterprise", login="owner", organisation_id=first.enterprise_id)
    path = f"/api/v1/requests/{first.id}/arrival"
    assert owner.get(path).json == {"notices": []}
    assert "收运车辆预计" not in owner.get("/enterprise/").text
    tell(phone, on, fix(8.9))
    [told] = owner.get(path).json["notices"]
    assert told["from_at"] <= told["expected_at"] <= told["until_at"]
    assert "收运车辆预计" in owner.get("/enterprise/").text
    other = on.request(on.stops()[1])
    stranger = sign_in("enterprise", login="stranger", organisation_id=other.enterprise_id)
    assert stranger.get(path).status_code == 404


def test_the_office_reads_the_driving_clock(sign_in: SignIn, on: driving_world.Road) -> None:
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    found = office.get(f"/api/v1/rounds/{on.round_id}/duty").json
    assert (found["driving"]["state"], found["driving"]["since_rest_s"]) == ("driving", 3600)
    assert len(found["expected"]) == 2 and found["relays"] == []


def test_the_emergency_card_has_its_numbers_from_the_configuration(phone: Any) -> None:
    page = phone.get("/driver/emergency").text
    assert all(f'href="tel:{each.number}"' in page for each in emergency_calls(EMERGENCY_CALLS))
    assert "data-lock-free" in page
    assert emergency_calls("119,火警;;bad; 120 , 急救 , Ambulance ") == [
        Call("119", "火警", "火警"), Call("120", "急救", "Ambulance"),
    ]  # fmt: skip


def test_without_a_round_the_card_still_opens(phone: Any, frozen_now: Any, sign_in: SignIn) -> None:
    nobody = sign_in("driver", login="nobody")
    assert 'href="tel:119"' in nobody.get("/driver/emergency").text


def test_the_home_of_the_office_counts_vehicles_that_want_looking_at(
    phone: Any, sign_in: SignIn, on: driving_world.Road, frozen_now: Any, database: Database
) -> None:
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    with database.reading() as session:
        other = next(row.id for row in firms.platforms(session) if row.id != on.driver.organisation_id)
    stranger = sign_in("dispatcher", login="stranger", organisation_id=other)
    assert "辆在途车辆需要留意" not in office.get("/dispatcher").text
    # Far off every line between planned places, three times running.
    tell(phone, on, *(fix(8.5 + n / 60, lon_e6=121_500_000, lat_e6=29_900_000) for n in range(3)))
    page = office.get("/dispatcher").text
    assert "辆在途车辆需要留意" in page and "偏离计划路线" in page
    assert f'href="/dispatcher/rounds/{on.round_id}"' in page
    frozen_now.now = at(23)
    assert "需要留意" in office.get("/dispatcher").text
    assert "需要留意" not in stranger.get("/dispatcher").text
