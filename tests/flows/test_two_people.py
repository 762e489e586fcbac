"""Two people at the same thing: the second is told; a correction needs both sides."""

from __future__ import annotations

from tests.flows import story
from tests.flows.story import OIL, TUESDAY, Town


def test_two_clerks_correct_the_same_drum_and_the_second_is_told(town: Town) -> None:
    firm = story.firm_with_papers(town, OIL)
    first, second = story.clerk_of(town, firm), story.clerk_of(town, firm)
    batch = story.registers(first, OIL, 100_000)
    drum = batch["containers"][0]
    as_read = {"reason": "复称", "version": drum["version"]}
    amend = f"/containers/{drum['id']}/amend"
    story.sends(first, amend, as_read | {"mass_g": 101_000})
    assert story.is_refused(second, amend, as_read | {"mass_g": 99_000}) == "version.stale"
    form = {"batch_id": batch["id"], "mass_kg": "99", "reason": "复称", "version": drum["version"]}
    page = story.gets_the_form_back(second, f"/enterprise/containers/{drum['id']}/amend", status=409, **form)
    assert "99" in page
    assert story.where_it_is(second, batch["id"]) == {"STOCK": 101_000}
    story.the_books_agree(town)


def test_two_dispatchers_publish_and_crew_and_one_of_them_each_time(town: Town) -> None:
    story.a_pickup(town)
    first, second = story.dispatcher_of(town), story.dispatcher_of(town)
    plan = story.plans(first)
    [round_] = story.publishes(first, plan)
    publish = f"/route-plans/{plan['id']}/publish"
    assert story.is_refused(second, publish, {"version": plan["version"]}) == "version.stale"
    crew = story.another_crew(first, round_)
    stale = {"reason": "weather", "version": round_["version"]}
    story.sends(first, f"/rounds/{round_['id']}/crew", crew | {"version": round_["version"]}, put=True)
    assert story.is_refused(second, f"/rounds/{round_['id']}/cancel", stale) == "version.stale"
    story.the_books_agree(town)


def test_firm_and_dispatcher_change_the_same_request_and_the_second_is_told(town: Town) -> None:
    pickup = story.a_pickup(town)
    desk = story.dispatcher_of(town)
    request = f"/requests/{pickup.request['id']}"
    seen = pickup.request["version"]
    moved = {"ready_on": TUESDAY.isoformat(), "version": seen}
    story.sends(pickup.clerk, f"{request}/reschedule", moved)
    cancel = {"reason": "entered_twice", "version": seen}
    assert story.is_refused(desk, f"{request}/cancel", cancel) == "version.stale"
    now = story.request_of(pickup)
    assert (
        story.sends(desk, f"{request}/cancel", cancel | {"version": now["version"]})["state"] == "cancelled"
    )
    story.the_books_agree(town)


def test_a_mass_is_corrected_when_the_other_side_agrees_and_not_before(town: Town) -> None:
    garage, gate = story.in_store(town, 150_000)
    [drum] = garage.ids
    proposal = {"proposed_g": 148_000, "reason": "皮重录入有误"}
    made = story.sends(garage.clerk, f"/containers/{drum}/corrections", proposal)
    assert story.where_it_is(garage.clerk, garage.batch_ids[0]) == {"STOCK": 150_000}
    version = {"version": made["version"]}
    agree = f"/corrections/{made['id']}/agree"
    # Not the proposer, not a stranger; the platform that holds the drum.
    assert story.is_refused(garage.clerk, agree, version, status=404) == "object.not_found"
    assert story.is_refused(story.operator_of(town), agree, version, status=404) == "object.not_found"
    assert "皮重录入有误" in story.opens(gate, "/cases/")
    assert story.sends(gate, agree, version)["state"] == "agreed"
    assert story.is_refused(gate, agree, version) in ("correction.decided", "version.stale")
    where = story.where_it_is(garage.clerk, garage.batch_ids[0])
    assert where["STOCK"] == 148_000 and sum(where.values()) == 150_000
    # The first weighing still stands in the log: a correction is an act of its own.
    regulator = story.regulator_of(town)
    trace = story.reads(regulator, f"/batches/{garage.batch_ids[0]}/trace")
    kinds = [entry["type"] for entry in trace["entries"]]
    assert kinds.index("container.received") < kinds.index("mass.corrected")
    for case in story.reads(gate, "/cases")["cases"]:
        story.sends(gate, "/cases/resolve", {"case": case["key"], "reason": "tare"})
    story.the_books_agree(town)


def test_a_correction_that_is_declined_changes_nothing(town: Town) -> None:
    garage, gate = story.in_store(town, 150_000)
    proposal = {"proposed_g": 120_000, "reason": "桶中有水"}
    made = story.sends(gate, f"/containers/{garage.ids[0]}/corrections", proposal)
    decline = {"version": made["version"]}
    assert story.sends(garage.clerk, f"/corrections/{made['id']}/decline", decline)["state"] == "declined"
    assert story.where_it_is(garage.clerk, garage.batch_ids[0]) == {"STOCK": 150_000}
    story.the_books_agree(town)
