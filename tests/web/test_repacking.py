"""The store's forms of repacking and losses, and the same over JSON."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL, RAGS
from tests.web.conftest import PASSWORD, add_user
from wastehub import ledger
from wastehub.db import Database
from wastehub.models.batches import Container

TANK = "IBC1000"


@pytest.fixture
def desk(app: Flask, database: Database, frozen_now: Any) -> FlaskClient:
    """A platform's operator with two drums of oil of two firms in the store."""
    frozen_now.now = GATE
    world.put_away(database, *world.stored(database, [(OIL, (150_000,))], [(OIL, (100_000,))]))
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
    user = add_user(database, "dispatcher", organisation_id=own)
    client = app.test_client()
    assert client.post("/sign-in", data={"login": user.login, "password": PASSWORD}).status_code == 302
    return client


def drums(database: Database) -> list[UUID]:
    with database.reading() as session:
        return world.containers_in(session, "stored")


def filled_in(database: Database, **changes: str) -> dict[str, Any]:
    form: dict[str, Any] = {"container_ids": [str(key) for key in drums(database)]}
    form |= {"outputs.0.container_type": TANK, "outputs.0.mass_kg": "240", "reason": "residue"}
    return form | changes


def test_the_form_shows_what_is_poured_and_the_act_what_came_of_it(
    desk: FlaskClient, database: Database
) -> None:
    ids = "&".join(f"container_ids={key}" for key in drums(database))
    shown = desk.get(f"/facility/repackings/new?{ids}").text
    assert "250.0 kg" in shown and shown.count('name="outputs.') == 8
    answer = desk.post("/facility/repackings", data=filled_in(database), follow_redirects=True)
    assert answer.status_code == 200
    assert "HWRK" in answer.text and "10.0 kg" in answer.text and "打印新容器的标签" in answer.text
    assert "HWRK" in desk.get("/facility/repackings").text
    with database.reading() as session:
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0


def test_what_was_typed_stays_after_a_refusal(desk: FlaskClient, database: Database) -> None:
    answer = desk.post("/facility/repackings", data=filled_in(database, **{"outputs.0.mass_kg": "250.1"}))
    assert answer.status_code == 422
    assert 'value="250.1"' in answer.text and "超过倒空容器的账面重量" in answer.text
    answer = desk.post("/facility/repackings", data=filled_in(database, **{"outputs.0.mass_kg": "many"}))
    assert answer.status_code == 422 and 'value="many"' in answer.text
    answer = desk.post("/facility/repackings", data=filled_in(database, **{"outputs.0.mass_kg": ""}))
    assert "还没有填写" in answer.text or "没有填写装入哪些新容器" in answer.text


def test_a_double_submit_is_one_act_and_a_second_one_leads_back_to_the_store(
    desk: FlaskClient, database: Database
) -> None:
    form = filled_in(database, idempotency_key="one")
    first = desk.post("/facility/repackings", data=form).headers["Location"]
    assert desk.post("/facility/repackings", data=form).headers["Location"] == first
    answer = desk.post("/facility/repackings", data=form | {"idempotency_key": "two"})
    assert answer.status_code == 404 and "待入区" in answer.text


def test_more_rows_can_be_asked_for(desk: FlaskClient, database: Database) -> None:
    ids = "&".join(f"container_ids={key}" for key in drums(database))
    for asked, shown in (("8", 16), ("9999", 8), ("x", 8)):
        assert desk.get(f"/facility/repackings/new?{ids}&rows={asked}").text.count('name="outputs.') == shown
    assert desk.get("/facility/repackings/new").status_code == 422
    assert desk.get("/facility/repackings/new?container_ids=x").status_code == 422


def test_over_json_it_is_done_read_and_taken_back(desk: FlaskClient, database: Database) -> None:
    order = {
        "container_ids": [str(key) for key in drums(database)],
        "outputs": [{"container_type": TANK, "mass_g": 150_000}, {"container_type": TANK, "mass_g": 100_000}],
    }
    made = desk.post("/api/v1/repackings", json=order)
    assert made.status_code == 201, made.text
    assert [line["role"] for line in made.json["lines"]] == ["in", "in", "out", "out"]
    address = f"/api/v1/repackings/{made.json['id']}"
    assert desk.get(address).json["kind"] == "repack"
    assert desk.get("/api/v1/repackings").json["count"] == 1
    stale = desk.post(f"{address}/undo", json={"reason": "记错", "version": 9})
    assert (stale.status_code, stale.json["errors"][0]["code"]) == (409, "version.stale")
    assert desk.post(f"{address}/undo", json={"reason": "记错"}).json["undone_at"]
    again = desk.post(f"{address}/undo", json={"reason": "记错"})
    assert (again.status_code, again.json["errors"][0]["code"]) == (409, "repacking.undone_before")


def test_what_does_not_fit_is_refused_over_json(desk: FlaskClient, database: Database) -> None:
    full = [{"container_type": TANK, "mass_g": 250_000}]
    body = {"container_ids": [str(key) for key in drums(database)]}
    for order, code in (
        ({"outputs": []}, "repacking.no_outputs"),
        ({"outputs": [{"container_type": TANK, "mass_g": 250_001}]}, "repacking.more_than_inputs"),
        ({"outputs": [{"container_type": "BOX", "mass_g": 1}]}, "container_type.unknown"),
        ({"outputs": [{"container_type": TANK, "mass_g": 1.5}]}, "input.invalid"),
        ({"outputs": full, "waste_code": RAGS}, "repacking.recode_without_note"),
        ({"outputs": full, "waste_code": "900-998-49"}, "waste_code.unknown"),
        ({"outputs": full, "zone_id": str(UUID(int=1))}, "object.not_found"),
        ({"outputs": full * 60}, "repacking.too_many"),
    ):
        answer = desk.post("/api/v1/repackings", json=body | order)
        assert (answer.status_code // 100, answer.json["errors"][0]["code"]) == (4, code)


def test_a_loss_is_declared_seen_and_taken_back(desk: FlaskClient, database: Database) -> None:
    drum = drums(database)[0]
    assert desk.get("/facility/losses?q=示例").status_code == 200
    answer = desk.post(f"/facility/containers/{drum}/loss", data={"mass_kg": "999", "reason": "moisture"})
    assert answer.status_code == 422 and 'value="999"' in answer.text
    declared = {"mass_kg": "1.5", "reason": "moisture"}
    answer = desk.post(f"/facility/containers/{drum}/loss", data=declared, follow_redirects=True)
    assert "1.5 kg" in answer.text and "失水" in answer.text
    [made] = desk.get("/api/v1/losses").json
    assert (made["kind"], made["mass_g"]) == ("loss", 1_500)
    assert desk.post(f"/api/v1/losses/{made['id']}/reverse", json={"reason": "记错"}).json["reversed_at"]
    assert desk.post(f"/api/v1/losses/{made['id']}/reverse", json={"reason": "记错"}).status_code == 409
    with database.reading() as session:
        row = session.get_one(Container, drum)
        assert row.mass_g == row.measured_g
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0
