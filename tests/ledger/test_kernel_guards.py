"""Guards of the mass kernel that only a mutant showed to be untried (docs/ledger-mutants.md)."""

from __future__ import annotations

import pytest

from tests.ledger import acts
from tests.ledger.acts import CODE, FIRM, PLATFORM, VEHICLE, Desk
from wastehub.ledger import Line, mass
from wastehub.ledger.accounts import Held
from wastehub.ledger.workings import event_need

OPENER = "01950000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("key", "need"),
    [(f"{OPENER}.0", event_need(OPENER)), ("nothing.0", ""), (OPENER, ""), ("", "")],
)
def test_a_case_that_is_not_there_yet_waits_for_the_event_that_opens_it(key: str, need: str) -> None:
    result = Desk().do(acts.resolved(key))
    assert isinstance(result, Held)
    assert (result.reason, result.need) == ("case.unknown", need)


def test_a_lot_of_one_gram_can_be_shared() -> None:
    assert mass.apportion_g(5, [1]) == [5]


def test_a_reception_may_say_once_for_all_lines_where_it_came_from() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"))
    arrival = {"place": "veh:another"}
    assert (
        desk.refuse(acts.act("container.received", PLATFORM, Line("L1"), facts=arrival)) == "label.elsewhere"
    )
    desk.post(acts.act("container.received", PLATFORM, Line("L1"), facts={"place": VEHICLE}))


def test_a_repacking_happens_where_it_says() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    lines = (Line("L1"), Line("L2", f"{FIRM}/B2", CODE, 100_000))
    elsewhere = acts.act("container.repacked", FIRM, *lines, facts={"inputs": 1, "place": PLATFORM})
    assert desk.refuse(elsewhere) == "label.elsewhere"
    here = acts.act("container.repacked", PLATFORM, *lines, facts={"inputs": 1, "place": FIRM})
    desk.post(here)
    assert desk.books.labels["L2"].state.place == FIRM


def test_a_recoding_without_a_reason_is_held_and_says_what_is_left() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    for left_g, detail in ((0, ""), (500, "500 g left")):
        lines = (Line("L1"), Line("L2", f"{FIRM}/B2", "900-249-08", 100_000 - left_g))
        result = desk.do(acts.act("container.recoded", FIRM, *lines, facts={"inputs": 1}))
        assert isinstance(result, Held)
        assert (result.reason, result.detail) == ("reason.missing", detail)


def test_a_due_date_that_is_none_is_named() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"))
    result = desk.do(acts.received("L1", 50_000, facts={"case_due_on": "2026-02-30"}))
    assert isinstance(result, Held)
    assert (result.reason, result.detail) == ("facts.invalid", "case_due_on")


def test_a_relay_is_held_when_the_container_is_not_on_the_vehicle_it_names() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"))
    facts = {"place": "veh:another", "to_place": "veh:third"}
    assert desk.refuse(acts.act("custody.relayed", VEHICLE, Line("L1"), facts=facts)) == "label.elsewhere"


def test_treatment_is_held_when_the_container_is_not_where_its_line_says() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"), acts.received("L1"))
    line = Line("L1", place="plant:JX-D90")
    assert (
        desk.refuse(acts.act("container.treated", PLATFORM, line, facts={"method": "R9"}))
        == "label.elsewhere"
    )


@pytest.mark.parametrize("kind", ["loss.declared", "spill.declared"])
def test_a_write_off_is_held_when_the_container_is_not_where_the_act_says(kind: str) -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    facts = {"place": PLATFORM, "reason": "overturned"}
    assert desk.refuse(acts.act(kind, FIRM, Line("L1", mass_g=1), facts=facts)) == "label.elsewhere"
