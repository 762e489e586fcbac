"""The rest of a day planned again from the round's page, and what the crew sees of it."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import firms
from tests.services import driving_world as driving
from tests.services.driving_world import Road, at
from tests.web.conftest import SignIn, add_user
from wastehub.db import Database
from wastehub.models.route_plans import PlanningRun, Round, RoundRevision
from wastehub.models.vehicles import CrewMember
from wastehub.services import planning


@pytest.fixture
def queued(app: Flask) -> list[UUID]:
    ids: list[UUID] = []
    app.extensions["wastehub.enqueue_planning"] = ids.append
    return ids


@pytest.fixture
def road(database: Database, frozen_now: object) -> Road:
    """A round of three firms that has left; it is half past nine."""
    made = driving.started(database, firms=3)
    frozen_now.now = at(9.5)  # type: ignore[attr-defined]
    return made


@pytest.fixture
def client(sign_in: SignIn, database: Database, road: Road) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, "330411").id
    return sign_in("dispatcher", organisation_id=own)


def worked(database: Database, queued: list[UUID]) -> None:
    with database.transaction() as session:
        session.execute(update(PlanningRun).values(budget_iterations=100))
    assert planning.execute_run(database, run_id=queued[-1], now=lambda: at(9.5)) is not None


def test_from_the_breakdown_to_the_crews_phone(
    client: FlaskClient, database: Database, road: Road, queued: list[UUID], sign_in: SignIn
) -> None:
    assert "途中调整" in client.get(f"/dispatcher/rounds/{road.round_id}").text
    answer = client.post(f"/dispatcher/rounds/{road.round_id}/replan", data={"kind": "breakdown"})
    worked(database, queued)
    address = client.get(answer.location).location
    page = client.get(address).text
    assert "车辆故障" in page and "移走" in page and "发布调整" in page
    published = client.post(f"{address}/publish", data={"version": "1"}, follow_redirects=True)
    assert "已发布" in published.text
    with database.reading() as session:
        other = session.query(Round).filter(Round.id != road.round_id).one()
        [driver_id, round_id, platform] = [other.driver_id, other.id, other.platform_id]
    user = add_user(database, "driver", login="second-driver", organisation_id=platform)
    with database.transaction() as session:
        session.get_one(CrewMember, driver_id).user_id = user.id
    phone = client.application.test_client()
    phone.post("/sign-in", data={"login": "second-driver", "password": "a long test password"})
    for page in (f"/driver/rounds/{round_id}", "/driver/"):
        assert "调度调整了任务" in phone.get(page).text and "增加：" in phone.get(page).text
    assert "不用再去：" in client.get(f"/dispatcher/rounds/{road.round_id}").text


def test_what_happened_must_be_said(client: FlaskClient, road: Road, queued: list[UUID]) -> None:
    address = f"/dispatcher/rounds/{road.round_id}/replan"
    assert "请选择发生了什么情况" in client.post(address, data={}).text
    assert "应在 1 至 480 分钟" in client.post(address, data={"kind": "delay", "minutes": "0"}).text
    assert queued == []


def test_a_program_asks_reviews_and_publishes(
    client: FlaskClient, database: Database, road: Road, queued: list[UUID]
) -> None:
    order = {"kind": "delay", "minutes": 60}
    run = client.post(f"/api/v1/rounds/{road.round_id}/revisions", json=order)
    assert run.status_code == 201
    worked(database, queued)
    revision_id = client.get(f"/api/v1/planning-runs/{queued[0]}").get_json()["revision_id"]
    found = client.get(f"/api/v1/round-revisions/{revision_id}").get_json()
    assert found["state"] == "draft" and found["incident"]["minutes"] == 60
    address = f"/api/v1/round-revisions/{revision_id}"
    assert client.post(f"{address}/publish", json={"version": 9}).status_code == 409
    assert client.post(f"{address}/publish", json={"version": 1}).get_json()["state"] == "published"
    assert client.post(f"{address}/discard", json={"version": 2}).status_code == 409
    with database.reading() as session:
        assert session.query(RoundRevision).one().state == "published"


def test_a_revision_that_is_put_aside_changes_nothing(
    client: FlaskClient, database: Database, road: Road, queued: list[UUID]
) -> None:
    answer = client.post(f"/dispatcher/rounds/{road.round_id}/replan", data={"kind": "crew_out"})
    worked(database, queued)
    address = client.get(answer.location).location
    aside = client.post(f"{address}/discard", data={"version": "1"}, follow_redirects=True)
    assert "车次保持原样" in aside.text
    with database.reading() as session:
        assert session.query(Round).count() == 1
