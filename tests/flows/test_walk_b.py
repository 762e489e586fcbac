"""Walk B. The dispatcher plans tomorrow, looks at the plan, and publishes it."""

from __future__ import annotations

from datetime import timedelta

from tests.flows import story
from tests.flows.story import MONDAY, RAGS, TUESDAY, Town


def test_the_dispatcher_plans_reviews_and_publishes_and_everybody_sees_it(town: Town) -> None:
    near, far = story.a_pickup(town), story.a_pickup(town, (RAGS, (60_000, 40_000)))
    # This firm opens when the last vehicle is home again.
    late = story.a_pickup(town, windows=[{"open_s": 20 * 3600, "close_s": 21 * 3600}])
    dispatcher = story.dispatcher_of(town)
    assert "3 个申请" in story.opens(dispatcher, "/dispatcher/plans")

    form = {"service_on": TUESDAY.isoformat(), "budget_s": "10"}
    run_page = story.fills_in(dispatcher, "/dispatcher/plans/runs", **form)
    assert "排队中" in story.opens(dispatcher, run_page)
    plan_id = story.the_worker_plans(town, story.id_in(run_page))
    plan_page = story.is_led_on(dispatcher, run_page)
    assert plan_page == f"/dispatcher/plans/{plan_id}"
    review = story.opens(dispatcher, plan_page)
    assert "<svg" in review and "发布计划" in review
    plan = story.reads(dispatcher, f"/route-plans/{plan_id}")
    assert plan["stops_planned"] == 2
    [left_out] = plan["unassigned"]
    assert left_out["request_no"] == late.request["request_no"]
    assert left_out["reason"] in ("time_window", "depot_closed", "shift_too_short")
    assert left_out["explanation"] in review
    # Until it is published the plan binds nobody.
    assert story.request_of(near)["state"] == "open" and story.papers_of(near.clerk) == []

    story.fills_in(dispatcher, f"{plan_page}/publish", version=plan["version"])
    assert [story.request_of(one)["state"] for one in (near, far, late)] == ["scheduled", "scheduled", "open"]
    [paper] = story.papers_of(far.clerk)
    assert paper["state"] == "submitted" and paper["mover_out"] == far.name
    assert not paper["official"] and paper["number"].startswith("WH20260317")
    [row] = [row for row in story.reads(far.clerk, "/requests")["items"]]
    assert row["service_on"] == TUESDAY.isoformat() and row["plate"].startswith("浙F")

    rounds = [story.reads(dispatcher, f"/rounds/{row['id']}") for row in plan["rounds"]]
    sheet = story.opens(dispatcher, f"/dispatcher/rounds/{story.round_with(rounds, far)['id']}/sheet")
    assert far.name in sheet and paper["number"] in sheet
    story.the_books_agree(town)


def test_the_seven_platforms_are_planned_together_each_for_its_own_county(town: Town) -> None:
    here = story.a_pickup(town)
    there = story.firm_with_papers(town, county="330482", lon_e6=121_020_000, lat_e6=30_690_000)
    clerk = story.clerk_of(town, there)
    batch = story.registers(clerk, story.OIL, 120_000)
    story.prints_labels(clerk, [batch["containers"][0]["id"]])
    request = story.asks_for_pickup(clerk, [batch["containers"][0]["id"]])
    dispatcher = story.dispatcher_of(town)
    plan = story.plans(dispatcher)
    platforms = {row["platform"]: row["requests"] for row in plan["rounds"]}
    assert len(platforms) == 2
    assert [here.request["request_no"]] in platforms.values()
    assert [request["request_no"]] in platforms.values()
    rounds = story.publishes(dispatcher, plan)
    # Everybody sees the whole day; only the own platform's rounds can be changed.
    foreign = next(row for row in rounds if row["platform"] != story.round_with(rounds, here)["platform"])
    body = {"reason": "weather", "version": foreign["version"]}
    assert story.is_refused(dispatcher, f"/rounds/{foreign['id']}/cancel", body, status=404)
    story.the_books_agree(town)


def test_a_run_that_is_cancelled_leaves_no_plan_and_another_may_start(town: Town) -> None:
    story.a_pickup(town)
    dispatcher = story.dispatcher_of(town)
    order = {"service_on": TUESDAY.isoformat(), "budget_s": 1}
    run = story.sends(dispatcher, "/planning-runs", order)
    assert story.is_refused(dispatcher, "/planning-runs", order) == "plan.run_under_way"
    assert story.sends(dispatcher, f"/planning-runs/{run['id']}/cancel")["state"] == "cancelled"
    assert story.the_worker_plans(town, run["id"]) is None
    assert story.reads(dispatcher, "/route-plans")["count"] == 0
    assert story.plans(dispatcher)["stops_planned"] == 1
    story.the_books_agree(town)


def test_a_draft_that_the_day_has_overtaken_is_not_published(town: Town) -> None:
    pickup = story.a_pickup(town)
    dispatcher = story.dispatcher_of(town)
    plan = story.plans(dispatcher)
    cancel = {"reason": "not_needed", "version": pickup.request["version"]}
    story.sends(pickup.clerk, f"/requests/{pickup.request['id']}/cancel", cancel)
    publish = f"/route-plans/{plan['id']}/publish"
    assert story.is_refused(dispatcher, publish, {"version": plan["version"]}).startswith("plan.")
    discard = {"version": plan["version"]}
    assert story.sends(dispatcher, f"/route-plans/{plan['id']}/discard", discard)["state"] == "discarded"
    past = {"service_on": (MONDAY - timedelta(days=1)).isoformat(), "budget_s": 1}
    assert story.is_refused(dispatcher, "/planning-runs", past, status=422) == "plan.day_over"
    story.the_books_agree(town)
