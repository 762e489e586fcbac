"""A draft on the dispatcher's desk: moved by hand, pinned, compared."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from routing.explain import Breach
from tests import firms
from tests.services import planning_world as world
from tests.services.planning_world import DAY, NOW
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.models.route_plans import PlanningRun, RoutePlan
from wastehub.models.vehicles import Vehicle
from wastehub.services import dispatch, planning
from wastehub.web.breaches import breach_text
from wastehub.web.explanation_tables import TABLES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def queued(app: Flask) -> list[UUID]:
    """Run ids that would have gone to the worker."""
    ids: list[UUID] = []
    app.extensions["wastehub.enqueue_planning"] = ids.append
    return ids


@pytest.fixture
def client(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, "330411").id
    return sign_in("dispatcher", organisation_id=own)


def day(database: Database, plan_id: UUID) -> tuple[str, list[str]]:
    """Plate and request numbers of a plan with one trip."""
    with database.reading() as session:
        [row] = world.plan_of(session, plan_id).rounds
        [trip] = row.trips
        return row.vehicle.plate, [stop.request.request_no for stop in trip.stops]


def drafts(database: Database) -> list[RoutePlan]:
    with database.reading() as session:
        rows = session.query(RoutePlan).order_by(RoutePlan.plan_no).all()
        session.expunge_all()
        return rows


def done(database: Database, queued: list[UUID]) -> UUID:
    with database.transaction() as session:
        session.execute(update(PlanningRun).values(budget_iterations=20))
    plan_id = planning.execute_run(database, run_id=queued[-1], now=lambda: NOW)
    assert plan_id is not None
    return plan_id


def moved(*parts: Any) -> str:
    return "~".join(map(str, parts))


def test_a_move_is_judged_on_the_page_and_nothing_is_stored(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    page = client.get(f"/dispatcher/plans/{plan_id}/adjust?move={moved(stops[0], plate, 1, 0)}").text
    assert "可以保存" in page and "费用变化" in page and "另存为新草案" in page
    assert len(drafts(database)) == 1


def test_a_move_without_a_place_goes_to_the_best_one(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 4)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    answer = client.get(
        f"/dispatcher/plans/{plan_id}/adjust", query_string={"stop": stops[2], "to": f"{plate}~0", "at": ""}
    )
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "可以保存" in page and "已移动 1 步" in page
    first = client.get(
        f"/dispatcher/plans/{plan_id}/adjust", query_string={"stop": stops[2], "to": f"{plate}~0", "at": "1"}
    )
    assert moved(stops[2], plate, 0, 0) in client.get(first.location).text


def test_an_order_that_breaks_a_rule_says_which_where_and_how_to_mend_it(
    client: FlaskClient, database: Database
) -> None:
    world.waiting(database, 2)
    with database.transaction() as session:
        early = world.firm_with_requests(session, 3, windows=((8 * 3600, 9 * 3600),)).request_no
    plan_id = world.planned(database)
    with database.reading() as session:
        desk = planning.desk(session, actor=world.dispatcher(database), plan_id=plan_id)
    plate = next(name for name, trips in desk.orders.items() if early in str(trips))
    move = moved(early, plate, len(desk.orders[plate]), 0)
    page = client.get(f"/dispatcher/plans/{plan_id}/adjust?move={move}").text
    assert "不能保存" in page and "比单位可收运时段晚" in page and "最近的可行位置" in page
    assert "另存为新草案" not in page
    refused = client.post(f"/dispatcher/plans/{plan_id}/adjust", data={"move": move, "version": "1"})
    assert refused.status_code == 409 and "没有保存" in refused.text
    assert len(drafts(database)) == 1


def test_a_lawful_order_becomes_a_draft_and_the_moved_stop_is_pinned(
    client: FlaskClient, database: Database
) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    data = {"move": moved(stops[2], plate, 0, 0), "version": "1"}
    answer = client.post(f"/dispatcher/plans/{plan_id}/adjust", data=data)
    [origin, child] = drafts(database)
    assert answer.status_code == 302 and str(child.id) in answer.location
    assert (child.origin_kind, child.pins) == ("by_hand", {"stops": [stops[2]], "orders": [], "rounds": []})
    assert f"由 {origin.plan_no} 生成" in client.get(f"/dispatcher/plans/{child.id}").text
    assert f"另存了 {child.plan_no}" in client.get(f"/dispatcher/plans/{plan_id}").text
    again = client.post(f"/dispatcher/plans/{plan_id}/adjust", data=data)
    assert again.status_code == 409 and "其他人已修改" in again.text
    assert len(drafts(database)) == 2


def test_pins_of_one_platform_leave_those_of_another_alone(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    address = f"/dispatcher/plans/{plan_id}/pins"
    shown = {"shown_plate": plate, "shown_stop": stops}
    client.post(address, data={**shown, "pin": stops[:1], f"hold~{plate}": "orders", "then": "keep"})
    assert drafts(database)[0].pins == {"stops": stops[:1], "orders": [plate], "rounds": []}
    client.post(address, data={"shown_plate": "another", "shown_stop": "other", "then": "keep"})
    assert drafts(database)[0].pins == {"stops": stops[:1], "orders": [plate], "rounds": []}
    client.post(address, data={**shown, "then": "keep"})
    assert drafts(database)[0].pins == {"stops": [], "orders": [], "rounds": []}


def test_the_rest_is_planned_again_by_a_run_that_ends_at_the_new_draft(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    data = {"shown_plate": plate, "shown_stop": stops, f"hold~{plate}": "rounds", "then": "rest"}
    answer = client.post(f"/dispatcher/plans/{plan_id}/pins", data=data)
    assert answer.location == f"/dispatcher/runs/{queued[0]}"
    made = done(database, queued)
    assert day(database, made) == (plate, stops)
    page = client.get(f"/dispatcher/plans/{made}").text
    assert "保留钉住、重新优化其余" in page


def test_one_vehicle_less_is_tried_and_laid_beside_the_plan(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, _ = day(database, plan_id)
    data = {"without": plate, "budget_s": "10", "seed": "3"}
    client.post(f"/dispatcher/plans/{plan_id}/what-if", data=data)
    made = done(database, queued)
    page = client.get(f"/dispatcher/plans/{made}/compare").text
    assert "换车" in page and plate in page and "位置不同的站点" in page
    assert "路线相同" in client.get(f"/dispatcher/plans/{made}/compare?with={made}").text
    assert "应在 1 至" in client.post(f"/dispatcher/plans/{plan_id}/what-if", data={"budget_s": "0"}).text


def test_fuel_and_carbon_are_never_shown_without_the_mark(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        emissions, round_id = plan.emissions, plan.rounds[0].id
    assert emissions is not None
    assert 0 < emissions["plan"]["co2e_g"] < emissions["baseline"]["co2e_g"]
    for page in (f"plans/{plan_id}", f"rounds/{round_id}"):
        text = client.get(f"/dispatcher/{page}").text
        assert "CO2e" in text and "系数未核实" in text and "[N]" in text


@pytest.mark.parametrize("query", ["move=nothing", "move=a~b~c~d", "move=a~b~0~0", "stop=x&to=y~z"])
def test_a_garbled_move_is_refused_in_words(client: FlaskClient, database: Database, query: str) -> None:
    world.waiting(database, 2)
    plan_id = world.planned(database)
    answer = client.get(f"/dispatcher/plans/{plan_id}/adjust?{query}")
    assert answer.status_code == 422 and "没有移动" in answer.text


def test_plans_of_two_days_are_not_compared(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    one, other = world.planned(database), world.planned(database, on=DAY + timedelta(days=1))
    answer = client.get(f"/dispatcher/plans/{one}/compare?with={other}")
    assert answer.status_code == 422 and "不是同一天" in answer.text


def test_a_program_judges_keeps_pins_and_compares_like_a_person(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    base = f"/api/v1/route-plans/{plan_id}"
    move = {"request_no": stops[2], "plate": plate, "trip": 1, "position": 1}
    judged = client.post(f"{base}/judgement", json={"moves": [move]}).get_json()
    assert judged["lawful"] and judged["comparison"]["moved"][0]["how"] == "reordered"
    late = {"moves": [{"request_no": stops[0], "plate": plate, "trip": 9}]}
    assert client.post(f"{base}/judgement", json=late).get_json()["type"].endswith("plan.place_unknown")
    kept = client.post(f"{base}/orders", json={"moves": [move], "version": 1})
    assert kept.status_code == 201 and kept.get_json()["origin_kind"] == "by_hand"
    child = kept.get_json()["id"]
    found = client.get(f"/api/v1/route-plans/{child}/comparison?with={plan_id}").get_json()
    assert found["moved"][0]["after"] == {
        "plate": plate, "trip": 1, "position": 1, "start_s": found["moved"][0]["after"]["start_s"]
    }  # fmt: skip
    version = kept.get_json()["version"]
    pins = client.put(f"/api/v1/route-plans/{child}/pins", json={"version": version, "rounds": [plate]})
    assert pins.get_json() == {"stops": [], "orders": [], "rounds": [plate]}
    assert client.post(f"/api/v1/route-plans/{child}/rest", json={}).status_code == 201
    made = done(database, queued)
    assert client.get(f"/api/v1/route-plans/{made}").get_json()["pins"]["rounds"] == [plate]
    asked = client.post(f"{base}/what-if", json={"without": [plate], "budget_s": 3})
    assert asked.status_code == 201 and len(queued) == 2


BREACHES: dict[str, dict[str, Any]] = {
    "window_missed": {"start_s": 40_000, "late_s": 900},
    "depot_not_allowed": {"depot": "JX-P01"},
    "depot_not_accepting": {"depot": "JX-P01", "load_class": "OIL:900-249-08:T/I"},
    "licence_missing": {"load_class": "OIL:900-249-08:T/I"},
    "vehicle_not_allowed": {"vehicle": "示011"},
    "capacity_exceeded": {"dimension": "gross_g", "load": 9_000_000, "max": 6_000_000, "over": 3_000_000},
    "class_conflict": {"a": "A1:900-300-34:C/T", "b": "L:900-352-35:C/T", "stop_a": "1", "stop_b": "2"},
    "too_many_trips": {"trips": 4, "max": 3},
    "distance_exceeded": {"distance_m": 90_000, "over_m": 900},
    "storage_full": {"load_class": "*", "over_g": 500},
    "depot_closed": {"end_s": 70_000, "over_s": 900},
    "shift_end_passed": {"end_s": 70_000, "over_s": 900},
    "shift_too_long": {"span_s": 30_000, "over_s": 900},
    "rest_missing": {"driven_s": 15_000, "over_s": 900},
    "leaves_too_early": {"leave_s": 20_000, "earliest_s": 25_000},
    "order_broken": {"rule": "order", "stop": "2", "before": "1"},
    "other": {},
}


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("code", sorted(BREACHES))
def test_every_broken_rule_is_a_whole_sentence_with_its_numbers(app: Flask, code: str, locale: str) -> None:
    breach = Breach(code, "浙F·示011", 0, "1", BREACHES[code])
    with app.test_request_context(headers={"Accept-Language": locale}):
        text = breach_text(breach, {"1": "示例甲", "2": "示例乙"})
    assert text.endswith((".", "。")) and "%" not in text and "—" not in text
    assert "_s" not in text and ":900-" not in text


def test_every_rule_of_the_checker_that_an_order_can_break_has_its_sentence() -> None:
    source = "".join((ROOT / "routing" / name).read_text() for name in ("checker.py", "checker_times.py"))
    codes = set(re.findall(r'Violation\(\s*"(\w+)"', source))
    # What only a wrongly written plan can break, never a person's order: times and totals that do not add up.
    own = {
        "vehicle_unknown", "stop_unknown", "stop_duplicated", "unassigned_duplicated", "stop_missing",
        "stop_planned_and_unassigned", "vehicle_used_twice", "under_way_ignored", "route_empty",
        "trip_empty", "total_wrong", "cost_wrong", "arrival_wrong", "departure_wrong", "return_wrong",
        "unloading_wrong", "rest_before_start", "rest_negative", "service_before_arrival",
        "release_too_early",
    }  # fmt: skip
    assert codes - own == set(BREACHES) - {"other"}
    assert all(f"breach.{code}" in TABLES for code in BREACHES)


def test_a_county_sees_what_its_platforms_rounds_save_and_no_draft(
    sign_in: SignIn, database: Database
) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    office = sign_in("regulator")
    assert "CO2e" not in office.get("/regulator/counties/330411").text
    with database.transaction() as session:
        dispatch.publish(session, actor=world.dispatcher(database), plan_id=plan_id, version=None, now=NOW)
    page = office.get("/regulator/counties/330411").text
    assert "CO2e" in page and "系数未核实" in page
    assert "CO2e" not in office.get("/regulator/counties/330402").text


def test_a_run_that_cannot_keep_a_pin_names_the_vehicle(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 2)
    plan_id = world.planned(database)
    plate, stops = day(database, plan_id)
    data = {"shown_plate": plate, "shown_stop": stops, "pin": stops, "then": "rest"}
    page = client.post(f"/dispatcher/plans/{plan_id}/pins", data=data).location
    with database.transaction() as session:
        session.execute(update(Vehicle).where(Vehicle.plate == plate).values(active=False))
    assert planning.execute_run(database, run_id=queued[0], now=lambda: NOW) is None
    assert f"车辆 {plate} 当天不能出车" in client.get(page).text
    assert "2 个站点钉在它上面" in client.get(page).text


def test_home_offers_the_plan_to_review_not_the_trial_beside_it(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 2)
    plan_id = world.planned(database)
    client.post(f"/dispatcher/plans/{plan_id}/what-if", data={"budget_s": "10", "seed": "5"})
    trial = done(database, queued)
    page = client.get("/dispatcher").text
    assert str(plan_id) in page and str(trial) not in page
