"""The day does not go as planned: what was asked for or published comes back, its due date stays."""

from __future__ import annotations

from tests.flows import story
from tests.flows.story import OIL, TUESDAY, WEDNESDAY, Town


def test_a_firm_cancels_and_its_containers_are_free_again(town: Town) -> None:
    pickup = story.a_pickup(town)
    page = f"/enterprise/requests/{pickup.request['id']}"
    form = {"reason": "", "note": "", "version": pickup.request["version"]}
    assert "请选择" in story.gets_the_form_back(pickup.clerk, f"{page}/cancel", status=422, **form)
    story.fills_in(pickup.clerk, f"{page}/cancel", **(form | {"reason": "not_needed"}))
    assert story.request_of(pickup)["state"] == "cancelled"
    again = story.asks_for_pickup(pickup.clerk, pickup.ids)
    assert again["state"] == "open" and again["request_no"] != pickup.request["request_no"]
    story.the_books_agree(town)


def test_a_firm_asks_for_another_day_and_the_due_date_stays(town: Town) -> None:
    pickup = story.a_pickup(town)
    windows = [{"open_s": 13 * 3600, "close_s": 16 * 3600}]
    change = {"ready_on": WEDNESDAY.isoformat(), "windows": windows, "version": pickup.request["version"]}
    moved = story.sends(pickup.clerk, f"/requests/{pickup.request['id']}/reschedule", change)
    assert moved["ready_on"] == WEDNESDAY.isoformat() and moved["windows"] == windows
    assert moved["due_on"] == pickup.request["due_on"]
    dispatcher = story.dispatcher_of(town)
    run = story.sends(dispatcher, "/planning-runs", {"service_on": TUESDAY.isoformat(), "budget_s": 1})
    assert story.the_worker_plans(town, run["id"]) is None
    assert "没有可收运的申请" in story.opens(dispatcher, f"/dispatcher/runs/{run['id']}")
    assert story.plans(dispatcher, WEDNESDAY)["stops_planned"] == 1
    story.the_books_agree(town)


def test_what_is_scheduled_only_the_dispatcher_takes_off_the_round(town: Town) -> None:
    stays, goes = story.a_pickup(town), story.a_pickup(town)
    dispatcher = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, dispatcher)
    scheduled = story.request_of(goes)
    cancel = {"reason": "not_needed", "version": scheduled["version"]}
    request = f"/requests/{goes.request['id']}"
    assert story.is_refused(goes.clerk, f"{request}/cancel", cancel) == "request.already_scheduled"
    body = {"reason": "another_day", "note": "单位来电改期"}
    back = story.sends(dispatcher, f"{request}/send-back", body)
    assert back["state"] == "open" and back["due_on"] == goes.request["due_on"]
    assert [paper["state"] for paper in story.papers_of(goes.clerk)] == ["void"]
    assert story.is_refused(dispatcher, f"{request}/send-back", body) == "stop.not_planned"
    # The crew drives what is left of the round, and a scan of what was sent back is refused.
    driver = story.driver_of(town, round_)
    story.leaves_the_platform(driver, round_)
    verdict = story.loads(driver, round_, goes.labels[0], 150_000)
    assert verdict["code"] == "scan.not_on_this_round"
    story.loads(driver, round_, stays.labels[0], 150_000)
    story.leaves_the_gate(driver, story.stop_at(round_, stays))
    story.comes_home(driver, round_)
    assert story.plans(dispatcher, WEDNESDAY)["stops_planned"] == 1
    story.the_books_agree(town)


def test_a_cancelled_round_gives_everything_back(town: Town) -> None:
    pickups = [story.a_pickup(town) for _ in range(2)]
    dispatcher = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, dispatcher)
    body = {"reason": "vehicle_out", "version": round_["version"]}
    assert story.sends(dispatcher, f"/rounds/{round_['id']}/cancel", body)["state"] == "cancelled"
    assert {story.request_of(each)["state"] for each in pickups} == {"open"}
    driver = story.driver_of(town, round_)
    assert story.is_refused(driver, f"/rounds/{round_['id']}/start").startswith("round.")
    # The same day is planned anew.
    [again] = story.publishes(dispatcher, story.plans(dispatcher, TUESDAY))
    assert len(story.stops_of(again)) == 2
    story.the_books_agree(town)


def test_nobody_is_there_and_the_request_waits_for_another_day(town: Town) -> None:
    there, away = story.a_pickup(town), story.a_pickup(town, (OIL, (80_000,)))
    dispatcher = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, dispatcher)
    driver = story.driver_of(town, round_)
    story.leaves_the_platform(driver, round_)
    closed_gate = story.stop_at(round_, away)
    without_reason = {"outcome": "missed"}
    assert story.is_refused(driver, f"/stops/{closed_gate['id']}/close", without_reason, status=422) == (
        "reason.missing"
    )
    assert story.leaves_the_gate(driver, closed_gate, "closed")["state"] == "missed"
    waiting = story.request_of(away)
    assert waiting["state"] == "open" and waiting["attempts"] == 1
    assert waiting["due_on"] == away.request["due_on"]
    assert [paper["state"] for paper in story.papers_of(away.clerk)] == ["void"]
    story.loads(driver, round_, there.labels[0], 150_000)
    assert story.is_refused(driver, f"/stops/{story.stop_at(round_, there)['id']}/close", {
        "outcome": "missed", "reason": "closed"
    }) == "stop.already_loaded"  # fmt: skip
    story.leaves_the_gate(driver, story.stop_at(round_, there))
    story.comes_home(driver, round_)
    # Tomorrow's crew finds somebody.
    [next_round] = story.publishes(dispatcher, story.plans(dispatcher, WEDNESDAY))
    story.it_is(town, WEDNESDAY, 8)
    story.weighs_in(dispatcher, round_)
    story.drives(town, next_round, away)
    assert story.request_of(away)["state"] == "collected"
    assert [paper["state"] for paper in story.papers_of(away.clerk)] == ["void", "arrived"]
    story.the_books_agree(town)


def test_what_the_gate_sends_home_and_what_stayed_behind_can_be_asked_for_again(town: Town) -> None:
    pickup = story.a_pickup(town, (OIL, (150_000, 100_000)))
    gate = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    driver = story.driver_of(town, round_)
    taken, stayed = pickup.labels
    story.leaves_the_platform(driver, round_)
    story.loads(driver, round_, taken, 150_000)
    story.refuses(driver, round_, stayed, "no_room")
    story.leaves_the_gate(driver, story.stop_at(round_, pickup))
    page = story.opens(pickup.clerk, f"/enterprise/batches/{pickup.batch_ids[0]}")
    assert "车上没有位置" in page and "no_room" not in page
    story.comes_home(driver, round_)
    [trip] = round_["trips"]
    everything = [story.a_refusal(row, "leaking") for row in story.on_board(gate, trip).values()]
    story.sends(gate, f"/trips/{trip['id']}/reception", {"decisions": everything})
    assert story.opinions_for(gate) == {pickup.name: "refused"}
    home = [row["id"] for row in story.reads(gate, "/receptions/refused")]
    story.fills_in(gate, "/facility/refused", container_ids=home)
    assert story.states_of(pickup) == ["labelled", "labelled"]
    again = story.asks_for_pickup(pickup.clerk, pickup.ids, ready_on=WEDNESDAY.isoformat())
    assert again["state"] == "open"
    assert story.plans(gate, WEDNESDAY)["stops_planned"] == 1
    story.the_books_agree(town)
