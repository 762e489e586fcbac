"""The transfer manifest: states, seals, number and deadlines of the Transfer Measures of 2021."""

from datetime import date
from itertools import product

import pytest

from wastehub.domain import manifests
from wastehub.domain.calendar import CalendarYearUnknown
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.domain.manifests import ACTS, PARTS, STATES, next_state

ALLOWED = {
    ("draft", "submit"): "submitted",
    ("draft", "void"): "void",
    ("draft", "use_paper"): "paper_pending",
    ("submitted", "load"): "loaded",
    ("submitted", "void"): "void",
    ("submitted", "use_paper"): "paper_pending",
    ("loaded", "unload"): "submitted",
    ("loaded", "depart"): "in_transit",
    ("in_transit", "arrive"): "arrived",
    ("arrived", "accept"): "accepted",
    ("arrived", "reject"): "rejected",
    ("arrived", "report_discrepancy"): "discrepancy",
    ("discrepancy", "accept"): "accepted",
    ("discrepancy", "reject"): "rejected",
    ("paper_pending", "backfill"): "arrived",
    ("paper_pending", "void"): "void",
}


@pytest.mark.parametrize(("state", "act"), list(product(STATES, ACTS)))
def test_every_act_in_every_state(state, act):
    if (state, act) in ALLOWED:
        assert next_state(state, act) == ALLOWED[state, act]
        assert manifests.may(state, act)
    else:
        assert not manifests.may(state, act)
        with pytest.raises(Conflict) as refused:
            next_state(state, act)
        assert refused.value.code == "manifest.act_not_allowed"
        assert refused.value.params == {"state": state, "act": act}


def test_a_manifest_is_void_only_before_loading():
    # On paper the state stays the same when it is loaded; services void it only while nothing is.
    assert {state for state in STATES if manifests.may(state, "void")} == {
        "draft",
        "submitted",
        "paper_pending",
    }


def test_a_closed_manifest_has_no_further_act():
    assert {state for state in STATES if not manifests.MOVES[state]} == manifests.CLOSED


def test_no_field_stands_twice_and_each_is_sealed_by_a_party():
    keys = [(field.name, field.per_line) for field in PARTS]
    assert len(set(keys)) == len(keys)
    assert {field.sealed_by for field in PARTS} == set(manifests.SIGNATURES)
    assert all(field.required_from is None or field.required_from in STATES for field in PARTS)


def test_what_the_articles_oblige_the_mover_out_to_state_is_required_before_loading():
    by_law = {
        field.name for field in PARTS if field.source == "Art. 10" and field.required_from == "submitted"
    }
    assert by_law == {
        "mover_out_name",
        "acceptor_name",
        "carrier_name",
        "emergency_measures",
        "waste_name",
        "waste_code",
        "hazards",
    }


@pytest.mark.parametrize("state", STATES)
def test_a_full_manifest_may_be_in_any_state(state):
    manifests.require_complete(_full(), state)


@pytest.mark.parametrize("state", ["draft", "void", "paper_pending"])
def test_an_empty_one_may_be_draft_void_or_on_paper(state):
    manifests.require_complete({}, state)


@pytest.mark.parametrize(("state", "field"), [(state, field) for state in STATES for field in PARTS])
def test_each_required_field_is_missed_by_name_from_its_state_on(state, field):
    form = _full()
    if field.per_line:
        form["lines"][1][field.name] = None
        path = f"lines.1.{field.name}"
    else:
        form[field.name] = ""
        path = field.name
    if not manifests.is_required(field, state):
        manifests.require_complete(form, state)
        return
    with pytest.raises(InvalidInput) as refused:
        manifests.require_complete(form, state)
    assert (refused.value.code, refused.value.field) == ("manifest.field_missing", path)
    assert refused.value.params == {"name_zh": field.name_zh, "name_en": field.name_en}


def test_the_vehicle_is_needed_when_loaded_and_not_before():
    form = _full() | {"vehicle_plate": None}
    manifests.require_complete(form, "submitted")
    with pytest.raises(InvalidInput):
        manifests.require_complete(form, "loaded")


def test_a_rejected_manifest_needs_the_opinion_and_no_method():
    form = _full()
    form["lines"] = [line | {"method_code": None, "accepted_mass_g": None} for line in form["lines"]]
    manifests.require_complete(form, "rejected")
    with pytest.raises(InvalidInput) as refused:
        manifests.require_complete(form | {"acceptance_opinion": None}, "rejected")
    assert refused.value.field == "acceptance_opinion"


def test_no_and_nought_are_answers():
    form = _full() | {"acceptance_opinion": False}
    form["lines"][0]["accepted_mass_g"] = 0
    manifests.require_complete(form, "accepted")


def test_a_manifest_without_waste_is_none():
    with pytest.raises(InvalidInput) as refused:
        manifests.require_complete(_full() | {"lines": []}, "submitted")
    assert refused.value.code == "manifest.no_lines"


def test_a_signature_seals_its_own_part_only():
    sealed = manifests.sealed_fields({"mover_out"})
    assert "moved_mass_g" in sealed
    assert "vehicle_plate" not in sealed
    assert manifests.sealed_fields(set()) == frozenset()
    assert manifests.sealed_fields(manifests.SIGNATURES) == {field.name for field in PARTS}


def test_a_sealed_field_is_not_changed():
    manifests.require_unsealed(["vehicle_plate"], {"mover_out"})
    with pytest.raises(Conflict) as refused:
        manifests.require_unsealed(["vehicle_plate", "moved_mass_g"], {"mover_out"})
    assert (refused.value.code, refused.value.field) == ("manifest.field_sealed", "moved_mass_g")
    assert refused.value.params["signature"] == "mover_out"


def test_the_fourteen_digits_of_a_jiaxing_manifest():
    assert manifests.official_number(" 2026 3304 000123 ", year=2026, city="04") == "20263304000123"
    assert manifests.official_number("２０２６３３０４０００１２３", year=2026) == "20263304000123"


@pytest.mark.parametrize("text", ["", "2026330400012", "202633040001234", "WH26330400012", "20263304000000"])
def test_other_texts_are_no_official_number(text):
    with pytest.raises(InvalidInput) as refused:
        manifests.official_number(text, year=2026)
    assert refused.value.code == "manifest.number_malformed"


def test_the_year_must_agree():
    with pytest.raises(InvalidInput) as refused:
        manifests.official_number("20253304000123", year=2026)
    assert refused.value.code == "manifest.number_wrong_year"


@pytest.mark.parametrize(
    ("text", "city", "expected", "given"),
    [("20263204000123", None, "33", "32"), ("20263301000123", "04", "3304", "3301")],
)
def test_the_number_belongs_to_the_place_of_origin(text, city, expected, given):
    with pytest.raises(InvalidInput) as refused:
        manifests.official_number(text, year=2026, city=city)
    assert refused.value.code == "manifest.number_wrong_origin"
    assert refused.value.params == {"expected": expected, "given": given}


def test_another_city_of_the_province_is_fine_when_none_is_asked():
    assert manifests.official_number("20263301000123", year=2026) == "20263301000123"


def test_five_working_days_to_confirm_and_ten_to_enter_a_paper_manifest():
    assert manifests.confirm_due_on(date(2026, 3, 2)) == date(2026, 3, 9)
    assert manifests.backfill_due_on(date(2026, 3, 2)) == date(2026, 3, 16)


def test_the_days_come_from_the_table_of_limits():
    assert manifests.confirm_due_on(date(2026, 3, 2), working_days=1) == date(2026, 3, 3)


def test_a_deadline_in_an_unknown_year_is_not_guessed():
    with pytest.raises(CalendarYearUnknown):
        manifests.confirm_due_on(date(2090, 3, 2))


def _full() -> dict:
    line = {field.name: "示例" for field in PARTS if field.per_line}
    return {field.name: "示例" for field in PARTS if not field.per_line} | {"lines": [dict(line), dict(line)]}


def test_a_deadline_in_a_year_without_published_holidays_is_unknown_not_guessed():
    assert manifests.confirm_due_on_if_known(date(2026, 3, 16)) == manifests.confirm_due_on(date(2026, 3, 16))
    assert manifests.confirm_due_on_if_known(date(2190, 12, 30)) is None


@pytest.mark.parametrize(
    ("within", "reason", "kinds"),
    [
        (True, "", []),
        (False, "", ["quantity"]),
        (True, "packaging_differs", ["packaging"]),
        (False, "quantity_differs", ["quantity"]),
        (False, "form_differs", ["quantity", "form"]),
        (True, "no_room", []),
        (True, "leaking", []),
    ],
)
def test_which_decisions_are_differences_from_the_manifest(within, reason, kinds):
    assert manifests.differences_of(within, reason) == kinds


def test_the_note_of_differences_counts_containers():
    note = manifests.difference_note(["quantity", "packaging", "quantity"])
    assert note == "与联单不符：数量（重量） 2 个容器，包装 1 个容器"


REPORT = {
    "kinds": ("quantity",),
    "found": "少",
    "told_whom": "甲",
    "authority": "局",
    "decision_note": "接受",
}


@pytest.mark.parametrize("field", ["found", "told_whom", "authority", "decision_note"])
def test_a_report_says_all_that_article_18_asks(field):
    manifests.require_report(**REPORT)
    with pytest.raises(InvalidInput) as refusal:
        manifests.require_report(**REPORT | {field: " "})
    assert (refusal.value.code, refusal.value.field) == ("manifest.report_incomplete", field)


def test_a_report_names_known_kinds_of_difference():
    for kinds, code in (((), "manifest.difference_missing"), (("smell",), "manifest.difference_unknown")):
        with pytest.raises(InvalidInput) as refusal:
            manifests.require_report(**REPORT | {"kinds": kinds})
        assert refusal.value.code == code


def test_an_unpublished_year_leaves_the_day_for_a_paper_open():
    assert manifests.backfill_due_on_if_known(date(2026, 3, 2)) == date(2026, 3, 16)
    assert manifests.backfill_due_on_if_known(date(2190, 1, 2)) is None
