"""Guards of the mass kernel that only a mutant showed to be untried (docs/ledger-mutants.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.ledger import acts
from tests.ledger.acts import CODE, FIRM, PLATFORM, VEHICLE, Desk
from wastehub.ledger import Line, mass
from wastehub.ledger.accounts import Account, Held, Posting
from wastehub.ledger.books import Books
from wastehub.ledger.events import Event
from wastehub.ledger.workings import Refused, Work, event_need

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


def test_a_share_needs_masses_and_totals_that_are_not_negative() -> None:
    for total_g, recorded_g in ((5, [0, 0]), (-1, [1, 2]), (5, [4, -1])):
        with pytest.raises(ValueError, match="recorded masses"):
            mass.apportion_g(total_g, recorded_g)


def test_the_grams_left_over_go_to_the_largest_fractions() -> None:
    assert mass.apportion_g(100, [1, 5, 1]) == [14, 72, 14]
    assert mass.apportion_g(5, [3, 1, 3]) == [2, 1, 2]


def test_rules_of_version_1_told_nobody_what_a_fact_waits_for() -> None:
    old, new = (Desk().do(acts.act("container.loaded", FIRM, Line("L1"), v=v)) for v in (1, 2))
    assert isinstance(old, Held)
    assert isinstance(new, Held)
    assert (old.reason, old.need) == ("label.unknown", "")
    assert (new.reason, new.need) == ("label.unknown", "label:L1")


@pytest.mark.parametrize(("v", "mass_from"), [(1, "other"), (2, "loss")])
def test_rules_of_version_1_did_not_tell_a_write_off_from_other_changes(v: int, mass_from: str) -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), replace(acts.lost("L1"), v=v))
    assert desk.books.labels["L1"].state.mass_from == mass_from


def test_the_books_count_how_often_a_container_left() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    for moves in (1, 2):
        desk.post(acts.loaded("L1"))
        assert desk.books.labels["L1"].state.moves == moves
        desk.post(acts.returned("L1"))


def test_a_correction_of_what_was_registered_says_how_it_was_found() -> None:
    for line_basis, facts, basis in (
        ("estimated", {"basis": "weighed"}, "estimated"),
        ("", {"basis": "estimated"}, "estimated"),
        ("", {}, "weighed"),
    ):
        desk = Desk()
        desk.post(acts.registered("L1"))
        line = Line("L1", mass_g=90_000, basis=line_basis)
        desk.post(acts.act("mass.corrected", FIRM, line, facts={"corrects": str(desk.log[0].id), **facts}))
        assert desk.books.labels["L1"].state.basis == basis


@pytest.mark.parametrize("kind", ["counted", "corrected", "voided", "relabelled"])
def test_of_an_act_that_cannot_be_reversed_the_books_keep_no_state_before(kind: str) -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    made = str(desk.log[0].id)
    if kind in ("counted", "relabelled"):
        desk.post(acts.loaded("L1"), acts.returned("L1"))
    last = {
        "counted": acts.counted("L1"),
        "corrected": acts.corrected("L1", 90_000, made),
        "voided": acts.voided("L1"),
        "relabelled": acts.relabelled("L1", "L1b"),
    }[kind]
    desk.post(last)
    state = desk.books.labels["L1"].state
    assert (state.before, state.loaded_by) == (None, "")


def test_a_count_is_a_weighing() -> None:
    desk = Desk()
    desk.post(acts.registered("L1", basis="estimated"), acts.counted("L1"))
    state = desk.books.labels["L1"].state
    assert (state.basis, state.mass_from) == ("weighed", "weighing")


def test_without_a_tolerance_every_gram_is_a_case() -> None:
    desk = Desk()
    desk.post(acts.registered("L1", 2_000_000), acts.loaded("L1"))
    desk.post(acts.act("container.received", PLATFORM, Line("L1", mass_g=1_999_999)))
    assert len(desk.open_cases()) == 1


def test_an_estimate_has_a_floor_of_its_own() -> None:
    facts = {"tolerance_floor_g": 500, "tolerance_estimated_floor_g": 5_000}
    for basis, cases in (("estimated", 0), ("weighed", 1)):
        desk = Desk()
        desk.post(acts.registered("L1", basis=basis), acts.loaded("L1"))
        desk.post(acts.act("container.received", PLATFORM, Line("L1", mass_g=96_000), facts=facts))
        assert len(desk.open_cases()) == cases


def test_a_reception_may_be_estimated_and_is_a_weighing_all_the_same() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"))
    line = Line("L1", mass_g=99_900, basis="estimated")
    desk.post(acts.act("container.received", PLATFORM, line, facts=acts.POLICY))
    state = desk.books.labels["L1"].state
    assert (state.mass_g, state.mass_from, state.weighing is None) == (99_900, "weighing", False)


@pytest.mark.parametrize("v", [1, 2])
def test_receptions_can_be_reversed_since_version_2(v: int) -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"), replace(acts.received("L1"), v=v))
    state = desk.books.labels["L1"].state
    assert (state.before is None, state.loaded_by) == (v < 2, "" if v < 2 else str(desk.log[-1].id))


class Shelf(Books):
    """Books in which every account has the same balance."""

    def __init__(self, grams: int) -> None:
        super().__init__()
        self.grams = grams

    def balance_g(self, account: Account) -> int:
        return self.grams


def test_an_account_of_real_waste_never_goes_below_zero() -> None:
    """A second guard: custody alone should make it impossible, so it is tried without custody."""
    stock = Account("STOCK", FIRM, CODE, acts.BATCH)
    road, tolerance = stock._replace(kind="TRANS", place=VEHICLE), stock._replace(kind="TOL")

    def checked(held_g: int, *postings: Posting) -> str:
        work = Work(acts.loaded(), Shelf(held_g))
        work.postings = list(postings)
        try:
            work.check_physical()
        except Refused as refused:
            return f"{refused.reason} {refused.detail}"
        return ""

    refused = f"balance.negative STOCK/{FIRM}/{CODE}/{acts.BATCH}"
    assert checked(4, Posting(stock, road, 5)) == refused
    assert checked(5, Posting(stock, road, 5)) == ""
    assert checked(4, Posting(stock, road, 3), Posting(stock, tolerance, 2)) == refused
    assert checked(4, Posting(stock, road, 5), Posting(tolerance, stock, 1)) == ""
    assert checked(0, Posting(tolerance, stock, 5)) == ""
    assert checked(0, Posting(stock, road, 1)) == refused
    assert checked(0, Posting(tolerance, stock, 4), Posting(stock, road, 5)) == refused
    # What was wrong before stops no act that leaves it as it is.
    assert checked(-1, Posting(tolerance, stock, 5), Posting(stock, road, 5)) == ""


def test_a_line_may_name_the_batch_and_the_code_that_its_container_has() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    named = Line("L1", acts.BATCH, CODE, to_place=VEHICLE)
    desk.post(acts.act("container.loaded", FIRM, named))


def test_a_reversal_that_names_no_act_reverses_none() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    result = desk.do(acts.reversal("", "L1"))
    assert isinstance(result, Held)
    assert (result.reason, result.detail) == ("reversal.not_the_last", "L1: ")


# Where an act found its container and where it took it: a line says it for itself, the facts for all lines,
# and what neither says is the site of the act (of losses, spills, relays and receptions: wherever it is).
STORE, ROAD = [acts.registered("L1")], [acts.registered("L1"), acts.loaded("L1")]
FOUND = [
    ("container.loaded", STORE, FIRM, {"to_place": VEHICLE}),
    ("custody.relayed", ROAD, VEHICLE, {"to_place": "veh:2"}),
    ("container.received", ROAD, VEHICLE, {}),
    ("container.treated", STORE, FIRM, {"method": "R9"}),
    ("loss.declared", STORE, FIRM, {"reason": "evaporation"}),
    ("spill.declared", STORE, FIRM, {"reason": "overturned"}),
    ("stock.counted", STORE, FIRM, {"basis": "weighed"}),
    ("container.voided", STORE, FIRM, {"reason": "printed twice"}),
]
AT_SITE = {"container.loaded", "container.treated", "stock.counted", "container.voided"}


def desk_after(before: list[Event]) -> Desk:
    desk = Desk()
    for event in before:
        desk.post(replace(event, id=None))
    return desk


def found(before: list[Event], kind: str, site: str, line_place: str, facts: dict[str, Any]) -> str:
    """Why the act is held; empty when it is posted."""
    desk = desk_after(before)
    moves_mass = kind in ("loss.declared", "spill.declared", "stock.counted")
    line = Line("L1", mass_g=1_000 if moves_mass else 0, place=line_place)
    result = desk.do(acts.act(kind, site, line, facts=facts))
    return result.reason if isinstance(result, Held) else ""


@pytest.mark.parametrize(("kind", "before", "place", "facts"), FOUND)
def test_a_line_says_where_its_container_was_before_the_facts_do(
    kind: str, before: list[Event], place: str, facts: dict[str, Any]
) -> None:
    elsewhere = "plat:another"
    assert found(before, kind, elsewhere, place, {**facts, "place": elsewhere}) == ""
    assert found(before, kind, elsewhere, "", {**facts, "place": place}) == ""
    assert found(before, kind, place, elsewhere, {**facts, "place": place}) == "label.elsewhere"
    assert found(before, kind, place, "", {**facts, "place": elsewhere}) == "label.elsewhere"
    assert found(before, kind, place, "", facts) == ""
    assert found(before, kind, elsewhere, "", facts) == ("label.elsewhere" if kind in AT_SITE else "")


@pytest.mark.parametrize(
    ("kind", "before", "site"),
    [
        ("batch.registered", [], PLATFORM),
        ("container.loaded", STORE, ""),
        ("custody.relayed", ROAD, ""),
        ("container.received", ROAD, PLATFORM),
    ],
)
def test_a_line_says_where_its_container_goes_before_the_facts_do(
    kind: str, before: list[Event], site: str
) -> None:
    def goes(line_place: str, facts: dict[str, Any]) -> str:
        desk = desk_after(before)
        line = Line("L1", to_place=line_place)
        if not before:
            line = replace(line, batch=f"{FIRM}/B1", code=CODE, mass_g=5)
        result = desk.do(acts.act(kind, PLATFORM if site else FIRM, line, facts=facts))
        return result.reason if isinstance(result, Held) else desk.books.labels["L1"].state.place

    assert goes("x:line", {"to_place": "x:facts"}) == "x:line"
    assert goes("", {"to_place": "x:facts"}) == "x:facts"
    assert goes("", {}) == (site or "place.missing")


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


def test_a_repacking_says_which_of_its_lines_are_emptied() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    lines = (Line("L1"), Line("L2", f"{FIRM}/B2", CODE, 100_000))
    result = desk.do(acts.act("container.repacked", FIRM, *lines))
    assert isinstance(result, Held)
    assert (result.reason, result.detail) == ("facts.invalid", "inputs")


def test_a_container_that_is_emptied_may_repeat_its_mass() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    lines = (Line("L1", mass_g=100_000), Line("L2", f"{FIRM}/B2", CODE, 100_000))
    desk.post(acts.act("container.repacked", FIRM, *lines, facts={"inputs": 1}))
    assert desk.books.labels["L2"].state.mass_from == "repack"


def test_what_a_reversed_repacking_had_filled_is_void_for_good() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.poured(["L1"], {"L2": 100_000}))
    desk.post(acts.reversal(desk.log[-1].id, "L1", "L2", site=FIRM))
    state = desk.books.labels["L2"].state
    assert (state.kind, state.before, state.loaded_by) == ("VOID", None, "")


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
