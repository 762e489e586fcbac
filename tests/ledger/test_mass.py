"""The mass kernel: one test per rule and its near miss."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger import acts
from tests.ledger.acts import BATCH, CODE, FIRM, NOW, PLATFORM, POLICY, VEHICLE, Desk
from wastehub.ledger.accounts import REASONS, ToleranceRule
from wastehub.ledger.events import Event, Line
from wastehub.ledger.mass import RULES, apportion_g
from wastehub.ledger.vocabulary import TYPES


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def stocked(desk: Desk) -> Desk:
    """L1 with 100 kg, weighed, at the enterprise."""
    desk.post(acts.registered())
    return desk


@pytest.fixture
def moving(stocked: Desk) -> Desk:
    """L1 on the road with 100 kg."""
    stocked.post(acts.loaded())
    return stocked


def test_every_rule_of_the_vocabulary_exists_and_is_used() -> None:
    assert {made.rule for made in TYPES.values()} == {*RULES, ""}


# -- generation ------------------------------------------------------------------------------------


def test_generation_puts_the_mass_into_stock(stocked: Desk) -> None:
    assert stocked.totals() == {("GEN", FIRM): -100_000, ("STOCK", FIRM): 100_000}


def test_a_batch_of_two_containers_posts_both(desk: Desk) -> None:
    lines = Line("L1", BATCH, CODE, 1), Line("L2", BATCH, CODE, 2)
    assert len(desk.post(acts.act("batch.registered", FIRM, *lines)).postings) == 2
    assert desk.totals()["STOCK", FIRM] == 3


def test_a_label_lives_once(stocked: Desk) -> None:
    assert stocked.refuse(acts.registered()) == "label.used"


def test_a_label_is_not_issued_again_after_it_was_consumed(stocked: Desk) -> None:
    stocked.post(acts.treated(site=FIRM))
    assert stocked.refuse(acts.registered()) == "label.used"


def test_a_label_twice_in_one_event_holds_the_whole_event(desk: Desk) -> None:
    lines = Line("L1", BATCH, CODE, 1), Line("L1", BATCH, CODE, 2)
    assert desk.refuse(acts.act("batch.registered", FIRM, *lines)) == "label.used"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (Line("L1", BATCH, CODE, 0), "mass.missing"),
        (Line("L1", "", CODE, 1), "batch.mismatch"),
        (Line("L1", BATCH, "", 1), "code.mismatch"),
        (Line("", BATCH, CODE, 1), "label.missing"),
        (Line("L1", BATCH, CODE, 1, basis="recorded"), "facts.invalid"),
    ],
)
def test_generation_needs_label_batch_code_and_mass(desk: Desk, line: Line, reason: str) -> None:
    assert desk.refuse(acts.act("batch.registered", FIRM, line)) == reason


def test_generation_without_a_container_is_held(desk: Desk) -> None:
    assert desk.refuse(acts.act("batch.registered", FIRM)) == "line.missing"


def test_a_mass_is_an_estimate_unless_it_is_said_to_be_weighed(desk: Desk) -> None:
    desk.post(acts.act("batch.registered", FIRM, Line("L1", BATCH, CODE, 5)))
    assert desk.books.labels["L1"].state.basis == "estimated"


# -- voiding ---------------------------------------------------------------------------------------


def test_voiding_reverses_the_generation(stocked: Desk) -> None:
    stocked.post(acts.voided())
    assert stocked.totals() == {}


def test_voiding_twice_is_held(stocked: Desk) -> None:
    stocked.post(acts.voided())
    assert stocked.refuse(acts.voided()) == "label.consumed"


def test_a_container_that_came_back_cannot_be_voided(moving: Desk) -> None:
    moving.post(acts.returned())
    assert moving.refuse(acts.voided()) == "void.after_movement"


def test_a_container_whose_loading_was_undone_can_be_voided(moving: Desk) -> None:
    moving.post(acts.load_undone(), acts.voided())
    assert moving.totals() == {}


def test_a_container_on_the_road_cannot_be_voided(moving: Desk) -> None:
    assert moving.refuse(acts.voided()) == "label.elsewhere"


# -- a new label for the same fill -----------------------------------------------------------------


def test_a_fill_goes_on_under_its_new_label(stocked: Desk) -> None:
    before = stocked.totals()
    stocked.post(acts.relabelled("L1", "L1b"))
    assert stocked.totals() == before
    assert stocked.refuse(acts.loaded("L1")) == "label.consumed"
    stocked.post(acts.loaded("L1b"), acts.received("L1b", 99_900))
    assert stocked.books.labels["L1b"].state.mass_g == 99_900


def test_a_dead_label_is_not_given_again(stocked: Desk) -> None:
    stocked.post(acts.relabelled("L1", "L1b"))
    assert stocked.refuse(acts.relabelled("L1", "L1c")) == "label.consumed"
    assert stocked.refuse(acts.relabelled("L1b", "L1")) == "label.used"
    assert stocked.refuse(acts.registered("L1")) == "label.used"


def test_a_loading_is_undone_under_the_new_label(moving: Desk) -> None:
    moving.post(acts.relabelled("L1", "L1b"), acts.load_undone("L1b"), acts.voided("L1b"))
    assert moving.totals() == {}


def test_replacing_names_two_labels(stocked: Desk) -> None:
    one = acts.act("label.replaced", FIRM, acts.Line("L1"))
    assert stocked.refuse(one) == "facts.invalid"
    assert stocked.refuse(acts.relabelled("nobody", "L1b")) == "label.unknown"
    assert stocked.refuse(acts.act("label.replaced", FIRM)) == "line.missing"


# -- loading ---------------------------------------------------------------------------------------


def test_loading_moves_the_recorded_mass(moving: Desk) -> None:
    assert moving.totals() == {("GEN", FIRM): -100_000, ("TRANS", VEHICLE): 100_000}


@pytest.mark.parametrize(
    ("mass_g", "elsewhere"),
    [
        (100_000, {}),
        (99_500, {("TOL", FIRM): 500}),
        (99_499, {("SUSP", FIRM): 501}),
        (100_500, {("TOL", FIRM): -500}),
        (100_501, {("SUSP", FIRM): -501}),
    ],
)
def test_weighing_at_loading_sends_the_difference_to_tolerance_or_suspense(
    stocked: Desk, mass_g: int, elsewhere: dict[tuple[str, str], int]
) -> None:
    stocked.post(acts.loaded(mass_g=mass_g))
    assert stocked.totals() == {("GEN", FIRM): -100_000, ("TRANS", VEHICLE): mass_g, **elsewhere}
    assert bool(stocked.open_cases()) == any(kind == "SUSP" for kind, _ in elsewhere)


def test_an_estimate_has_the_wider_band_and_is_superseded_by_the_weighing(desk: Desk) -> None:
    desk.post(acts.registered(basis="estimated"), acts.loaded(mass_g=90_000))
    assert desk.totals()["TOL", FIRM] == 10_000
    assert desk.books.labels["L1"].state.basis == "weighed"


def test_one_gram_beyond_the_wider_band_is_a_case(desk: Desk) -> None:
    desk.post(acts.registered(basis="estimated"), acts.loaded(mass_g=89_999))
    assert desk.totals()["SUSP", FIRM] == 10_001


def test_without_a_policy_there_is_no_tolerance(stocked: Desk) -> None:
    line = Line("L1", mass_g=99_999, to_place=VEHICLE)
    stocked.post(acts.act("container.loaded", FIRM, line))
    assert stocked.totals()["SUSP", FIRM] == 1


def test_a_repeated_record_is_no_weighing(desk: Desk) -> None:
    desk.post(acts.registered(basis="estimated"))
    line = Line("L1", mass_g=100_000, to_place=VEHICLE, basis="recorded")
    desk.post(acts.act("container.loaded", FIRM, line))
    assert desk.books.labels["L1"].state.basis == "estimated"


def test_a_record_that_differs_from_the_books_is_held(stocked: Desk) -> None:
    line = Line("L1", mass_g=99_999, to_place=VEHICLE, basis="recorded")
    assert stocked.refuse(acts.act("container.loaded", FIRM, line)) == "mass.differs_from_record"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (Line("L2", to_place=VEHICLE), "label.unknown"),
        (Line("L1", batch="other", to_place=VEHICLE), "batch.mismatch"),
        (Line("L1", code="900-249-08", to_place=VEHICLE), "code.mismatch"),
        (Line("L1", place=PLATFORM, to_place=VEHICLE), "label.elsewhere"),
        (Line("L1"), "place.missing"),
        (Line("L1", to_place=VEHICLE, basis="guessed"), "facts.invalid"),
    ],
)
def test_a_loading_that_contradicts_the_books_is_held(stocked: Desk, line: Line, reason: str) -> None:
    assert stocked.refuse(acts.act("container.loaded", FIRM, line)) == reason


def test_the_vehicle_may_stand_once_in_the_facts(stocked: Desk) -> None:
    stocked.post(acts.act("container.loaded", FIRM, Line("L1"), facts={"to_place": VEHICLE}))
    assert stocked.totals()["TRANS", VEHICLE] == 100_000


def test_two_drivers_cannot_load_one_container(moving: Desk) -> None:
    assert moving.refuse(acts.loaded()) == "label.elsewhere"


def test_one_bad_line_holds_the_whole_event(stocked: Desk) -> None:
    lines = Line("L1", to_place=VEHICLE), Line("L9", to_place=VEHICLE)
    assert stocked.refuse(acts.act("lot.shipped", FIRM, *lines)) == "label.unknown"


@pytest.mark.parametrize("floor_g", ["500", -1, True])
def test_a_tolerance_that_is_no_number_is_held(stocked: Desk, floor_g: Any) -> None:
    facts = {"tolerance_floor_g": floor_g}
    line = Line("L1", mass_g=99_999, to_place=VEHICLE)
    assert stocked.refuse(acts.act("container.loaded", FIRM, line, facts=facts)) == "facts.invalid"


# -- undoing a loading -----------------------------------------------------------------------------


@pytest.mark.parametrize("mass_g", [0, 100_000, 99_900, 100_100, 80_000, 120_000])
def test_undoing_a_loading_restores_the_books_exactly(stocked: Desk, mass_g: int) -> None:
    before = stocked.totals(), stocked.books.labels["L1"].state
    stocked.post(acts.loaded(mass_g=mass_g), acts.load_undone())
    assert (stocked.totals(), stocked.books.labels["L1"].state) == before
    assert stocked.open_cases() == []


def test_undoing_twice_is_held(moving: Desk) -> None:
    moving.post(acts.load_undone())
    assert moving.refuse(acts.load_undone()) == "label.elsewhere"


def test_undoing_names_the_loading_it_means(moving: Desk) -> None:
    assert moving.refuse(acts.load_undone(undoes=str(UUID(int=1)))) == "load.not_undoable"
    moving.post(acts.load_undone(undoes=str(UUID(int=2))))


def test_undoing_leaves_the_weighing_before_the_loading_alone(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000))
    before = moving.snapshot()
    moving.post(acts.act("lot.shipped", PLATFORM, Line("L1", to_place=VEHICLE)), acts.load_undone())
    assert moving.snapshot() == before


def test_after_arrival_there_is_no_loading_left_to_undo(moving: Desk) -> None:
    moving.post(acts.returned())
    state = moving.books.labels["L1"].state
    assert state.before is not None and state.before.kind == "TRANS"


def test_a_loading_cannot_be_undone_after_a_spill(moving: Desk) -> None:
    moving.post(acts.spilled())
    assert moving.refuse(acts.load_undone()) == "load.not_undoable"


def test_a_loading_cannot_be_undone_after_its_case_was_resolved(stocked: Desk) -> None:
    stocked.post(acts.loaded(mass_g=80_000))
    stocked.post(acts.resolved(stocked.open_cases()[0], site=FIRM))
    assert stocked.refuse(acts.load_undone()) == "case.closed"


# -- arriving --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mass_g", "elsewhere"),
    [
        (99_500, {("TOL", PLATFORM): 500}),
        (99_499, {("SUSP", PLATFORM): 501}),
        (100_500, {("TOL", PLATFORM): -500}),
        (100_501, {("SUSP", PLATFORM): -501}),
    ],
)
def test_reception_books_what_the_scale_says(
    moving: Desk, mass_g: int, elsewhere: dict[tuple[str, str], int]
) -> None:
    moving.post(acts.received(mass_g=mass_g))
    assert moving.totals() == {("GEN", FIRM): -100_000, ("STOCK", PLATFORM): mass_g, **elsewhere}


def test_reception_without_a_scale_books_the_record(moving: Desk) -> None:
    moving.post(acts.received())
    assert moving.totals()["STOCK", PLATFORM] == 100_000


def test_an_empty_container_leaves_its_mass_in_suspense(moving: Desk) -> None:
    line = Line("L1", mass_g=0, basis="weighed")
    moving.post(acts.act("container.received", PLATFORM, line, facts=POLICY))
    assert moving.totals() == {("GEN", FIRM): -100_000, ("SUSP", PLATFORM): 100_000}


def test_what_is_in_stock_cannot_arrive(stocked: Desk) -> None:
    assert stocked.refuse(acts.received()) == "label.elsewhere"


def test_what_is_on_another_vehicle_cannot_arrive(moving: Desk) -> None:
    line = Line("L1", place="veh:other")
    assert moving.refuse(acts.act("container.received", PLATFORM, line)) == "label.elsewhere"


def test_a_returned_container_is_in_stock_at_the_enterprise_again(moving: Desk) -> None:
    moving.post(acts.returned())
    assert moving.totals() == {("GEN", FIRM): -100_000, ("STOCK", FIRM): 100_000}
    moving.post(acts.loaded())


def test_a_refusal_at_the_gate_leaves_the_container_on_the_road(moving: Desk) -> None:
    assert moving.post(acts.act("container.refused", PLATFORM, Line("L1"))).postings == ()
    assert moving.totals()["TRANS", VEHICLE] == 100_000


def test_the_case_has_its_due_date(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000, facts={"case_due_on": "2026-03-09"}))
    (key,) = moving.open_cases()
    assert moving.books.cases[key].case.due_on == "2026-03-09"


def test_a_due_date_that_is_none_is_held(moving: Desk) -> None:
    assert moving.refuse(acts.received(mass_g=80_000, facts={"case_due_on": "soon"})) == "facts.invalid"


# -- treatment, losses, spills ---------------------------------------------------------------------


def test_treatment_consumes_the_container(moving: Desk) -> None:
    moving.post(acts.received(), acts.treated())
    assert moving.totals() == {("GEN", FIRM): -100_000, ("DONE", PLATFORM): 100_000}
    assert moving.refuse(acts.treated()) == "label.consumed"


def test_what_is_on_the_road_cannot_be_treated(moving: Desk) -> None:
    assert moving.refuse(acts.treated()) == "label.elsewhere"


def test_a_loss_leaves_the_rest_in_stock(stocked: Desk) -> None:
    stocked.post(acts.lost(mass_g=1_000))
    assert stocked.totals() == {("GEN", FIRM): -100_000, ("STOCK", FIRM): 99_000, ("LOSS", FIRM): 1_000}


def test_a_loss_needs_a_reason(stocked: Desk) -> None:
    assert stocked.refuse(acts.lost(reason="")) == "reason.missing"


def test_a_loss_of_all_consumes_the_container_and_one_gram_more_is_held(stocked: Desk) -> None:
    assert stocked.refuse(acts.lost(mass_g=100_001)) == "mass.exceeds_content"
    stocked.post(acts.lost(mass_g=100_000))
    assert stocked.refuse(acts.lost(mass_g=1)) == "label.consumed"


def test_a_loss_of_nothing_is_held(stocked: Desk) -> None:
    assert stocked.refuse(acts.lost(mass_g=0)) == "mass.missing"


def test_a_loss_on_the_road_is_held_but_a_spill_is_not(moving: Desk) -> None:
    assert moving.refuse(acts.lost()) == "label.elsewhere"
    moving.post(acts.spilled(mass_g=1_000))
    assert moving.totals()["SPILL", VEHICLE] == 1_000
    assert moving.totals()["TRANS", VEHICLE] == 99_000


# -- counting, cases -------------------------------------------------------------------------------


def test_a_count_sends_the_difference_to_suspense(stocked: Desk) -> None:
    stocked.post(acts.counted(mass_g=99_999))
    assert stocked.totals()["SUSP", FIRM] == 1
    assert stocked.totals()["STOCK", FIRM] == 99_999


def test_a_count_that_agrees_opens_no_case(stocked: Desk) -> None:
    stocked.post(acts.counted(mass_g=100_000))
    assert stocked.open_cases() == []


def test_a_count_may_state_a_tolerance(stocked: Desk) -> None:
    stocked.post(acts.counted(mass_g=99_900, tolerance_floor_g=100))
    assert stocked.totals()["TOL", FIRM] == 100


def test_a_count_of_zero_must_be_said_outright(stocked: Desk) -> None:
    assert stocked.refuse(acts.act("stock.counted", FIRM, Line("L1"))) == "mass.missing"
    stocked.post(acts.counted(mass_g=0))
    assert stocked.totals()["SUSP", FIRM] == 100_000


@pytest.mark.parametrize("to", ["TOL", "LOSS", "SPILL"])
def test_a_case_of_missing_mass_is_resolved_where_it_lies(moving: Desk, to: str) -> None:
    moving.post(acts.received(mass_g=80_000))
    moving.post(acts.resolved(moving.open_cases()[0], to))
    assert moving.totals()[to, PLATFORM] == 20_000
    assert ("SUSP", PLATFORM) not in moving.totals()


def test_a_case_of_surplus_mass_goes_to_tolerance_only(moving: Desk) -> None:
    moving.post(acts.received(mass_g=120_000))
    key = moving.open_cases()[0]
    assert moving.refuse(acts.resolved(key, "LOSS")) == "case.resolution"
    moving.post(acts.resolved(key, "TOL"))
    assert moving.totals()["TOL", PLATFORM] == -20_000


def test_a_case_is_resolved_once(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000))
    key = moving.open_cases()[0]
    moving.post(acts.resolved(key))
    assert moving.refuse(acts.resolved(key)) == "case.closed"


def test_a_case_nobody_opened_cannot_be_resolved(desk: Desk) -> None:
    assert desk.refuse(acts.resolved("nothing")) == "case.unknown"


def test_a_case_cannot_be_resolved_into_stock(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000))
    assert moving.refuse(acts.resolved(moving.open_cases()[0], "STOCK")) == "case.resolution"


def test_two_containers_of_one_event_open_two_cases(desk: Desk) -> None:
    desk.post(acts.registered("L1"), acts.registered("L2"), acts.loaded("L1"), acts.loaded("L2"))
    lines = Line("L1", mass_g=80_000), Line("L2", mass_g=70_000)
    desk.post(acts.act("lot.received", PLATFORM, *lines, facts=POLICY))
    masses = [desk.books.cases[key].case.mass_g for key in desk.open_cases()]
    assert masses == [20_000, 30_000]


def test_a_second_weighing_opens_a_second_case(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000), acts.counted(mass_g=70_000, site=PLATFORM))
    assert len(moving.open_cases()) == 2
    assert moving.totals()["SUSP", PLATFORM] == 30_000


# -- corrections -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mass_g", [1, 99_999, 100_001, 150_000])
def test_correcting_a_generation_posts_against_its_source(stocked: Desk, mass_g: int) -> None:
    stocked.post(acts.corrected("L1", mass_g, stocked.log[0].id))
    assert stocked.totals() == {("GEN", FIRM): -mass_g, ("STOCK", FIRM): mass_g}


def test_correcting_a_generation_reaches_the_container_on_the_road(moving: Desk) -> None:
    moving.post(acts.corrected("L1", 90_000, moving.log[0].id))
    assert moving.totals() == {("GEN", FIRM): -90_000, ("TRANS", VEHICLE): 90_000}


def test_a_generation_is_not_corrected_to_nothing(stocked: Desk) -> None:
    assert stocked.refuse(acts.corrected("L1", 0, stocked.log[0].id)) == "mass.missing"


def test_a_generation_weighed_since_cannot_be_corrected(moving: Desk) -> None:
    moving.post(acts.received(mass_g=99_000))
    assert moving.refuse(acts.corrected("L1", 90_000, moving.log[0].id)) == "correction.superseded"


@pytest.mark.parametrize("weighed_g", [80_000, 99_800, 100_200, 120_000])
@pytest.mark.parametrize("right_g", [70_000, 99_900, 100_000, 100_100, 130_000])
def test_correcting_a_weighing_leaves_the_books_as_if_it_had_been_right(weighed_g: int, right_g: int) -> None:
    wrong, right = Desk(), Desk()
    for desk, mass_g in ((wrong, weighed_g), (right, right_g)):
        desk.post(acts.registered(), acts.loaded(), acts.received(mass_g=mass_g))
    wrong.post(acts.corrected("L1", right_g, wrong.log[-1].id, PLATFORM))
    assert wrong.totals() == right.totals()
    assert len(wrong.open_cases()) == len(right.open_cases())


def test_a_weighing_is_corrected_after_the_container_moved_on(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000))
    weighing = moving.log[-1].id
    moving.post(acts.act("lot.shipped", PLATFORM, Line("L1", to_place=VEHICLE)))
    moving.post(acts.corrected("L1", 100_000, weighing, PLATFORM))
    assert moving.totals() == {("GEN", FIRM): -100_000, ("TRANS", VEHICLE): 100_000}


def test_a_correction_is_corrected_by_naming_it(stocked: Desk) -> None:
    stocked.post(acts.corrected("L1", 90_000, stocked.log[0].id))
    assert stocked.refuse(acts.corrected("L1", 95_000, stocked.log[0].id)) == "correction.superseded"
    stocked.post(acts.corrected("L1", 95_000, stocked.log[1].id))


def test_a_weighing_whose_case_was_resolved_cannot_be_corrected(moving: Desk) -> None:
    moving.post(acts.received(mass_g=80_000))
    weighing = moving.log[-1].id
    moving.post(acts.resolved(moving.open_cases()[0]))
    assert moving.refuse(acts.corrected("L1", 99_000, weighing, PLATFORM)) == "case.closed"


def test_a_declared_loss_is_not_corrected_as_a_mass(stocked: Desk) -> None:
    stocked.post(acts.lost())
    assert stocked.refuse(acts.corrected("L1", 99_500, stocked.log[-1].id)) == "correction.not_a_weighing"


# -- other -----------------------------------------------------------------------------------------


def test_acts_without_a_rule_move_nothing(stocked: Desk) -> None:
    before = stocked.snapshot()
    for name in sorted(name for name, made in TYPES.items() if not made.rule):
        assert stocked.post(Event(name, "user:1", FIRM, NOW, lines=(Line("L1"),))).postings == ()
    assert stocked.snapshot() == before


def test_the_tolerance_is_the_larger_of_floor_and_share() -> None:
    rule = ToleranceRule(500, 5_000)
    assert (rule.allowed_g(99_999), rule.allowed_g(100_000), rule.allowed_g(200_000)) == (500, 500, 1_000)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any), st.integers(0, 10**10))
def test_a_lot_weighed_as_a_whole_is_shared_to_the_gram(recorded_g: list[int], total_g: int) -> None:
    shares = apportion_g(total_g, recorded_g)
    assert sum(shares) == total_g
    whole = sum(recorded_g)
    assert all(
        abs(share * whole - total_g * mass_g) < whole
        for share, mass_g in zip(shares, recorded_g, strict=True)
    )


def test_a_lot_without_recorded_mass_cannot_be_shared() -> None:
    with pytest.raises(ValueError, match="recorded"):
        apportion_g(10, [0, 0])


def test_every_reason_is_a_sentence() -> None:
    assert all(name.islower() and len(text) > 10 for name, text in REASONS.items())
