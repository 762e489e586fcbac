"""The rules of labels' lives, rolls, problems, roadside links and firms' states: each with its near miss."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from wastehub.domain import custody, emergency, firm_states, label_lives, problems, roadside, roll_codes
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.domain.firm_states import FirmFacts
from wastehub.domain.label_lives import DeadLabel

NOW = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "prints", "life"),
    [("registered", 0, "draft"), ("labelled", 1, "printed"), ("stored", 3, "reprinted"), ("void", 1, "void")],
)
def test_the_state_of_a_label(state, prints, life):
    assert label_lives.state_of(state, prints) == life


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("replaced", "label_replaced"), ("unbound", "roll_label_free"), ("roll_void", "roll_label_void")],
)
def test_a_dead_label_is_refused_with_its_reason(kind, reason):
    verdict = label_lives.verdict_on(DeadLabel(kind, "A", successor="B", roll_no="YJ1"))
    assert (verdict.outcome, verdict.reason) == ("refused", reason)
    assert reason in custody.REASONS
    if kind == "replaced":
        assert verdict.params == {"label_code": "A", "successor": "B"}


def codes(count: int) -> list[str]:
    chance = random.Random(7)
    return [roll_codes.make(chance.randrange(roll_codes.NUMBERS)) for _ in range(count)]


def test_every_wrong_character_of_a_roll_code_is_noticed():
    for code in codes(20):
        assert roll_codes.parse(code) == code
        for at, right in enumerate(code):
            for wrong in roll_codes.ALPHABET:
                if wrong != right:
                    with pytest.raises(InvalidInput):
                        roll_codes.parse(code[:at] + wrong + code[at + 1 :])


def test_every_swap_of_two_characters_is_noticed():
    for code in codes(60):
        for one in range(len(code)):
            for two in range(one + 1, len(code)):
                if code[one] != code[two]:
                    swapped = list(code)
                    swapped[one], swapped[two] = swapped[two], swapped[one]
                    with pytest.raises(InvalidInput):
                        roll_codes.parse("".join(swapped))


def test_a_roll_code_is_read_from_an_address_and_as_typed():
    [code] = codes(1)
    shown = roll_codes.grouped(code)
    assert [len(part) for part in shown.split("-")] == [4, 4, 1]
    for text in (shown.lower(), f" {code} ", f"https://x.example/p/{code}", f"HTTPS://X.EXAMPLE/P/{code}/"):
        assert roll_codes.parse(text) == code
    assert roll_codes.scanned([shown, "hello", code[:-1]]) == {shown: code}


@pytest.mark.parametrize(
    "text", ["", "4827193605", "0" * 9, "ILO01ILO0", "A" * 37, "https://x/p/", "x" * 400]
)
def test_what_is_no_roll_code(text):
    assert not roll_codes.looks_like(text)
    with pytest.raises(InvalidInput) as caught:
        roll_codes.parse(text)
    assert caught.value.code == "roll_code.malformed"
    assert len(caught.value.params["given"]) <= 40


def test_a_problem_goes_its_way_and_no_other():
    state = "found"
    for act in ("assign", "assign", "rectify", "return", "rectify", "accept", "close"):
        state = problems.next_state(state, act)
    assert state == "closed"
    allowed = {(state, act) for state, moves in problems.MOVES.items() for act in moves}
    for start in problems.STATES:
        for act in ("assign", "rectify", "accept", "return", "close", "dismiss"):
            if (start, act) not in allowed:
                with pytest.raises(Conflict):
                    problems.next_state(start, act)
    assert not problems.may("closed", "assign")


def test_kinds_of_problems():
    assert problems.require_kind("leaking", public=True) == "leaking"
    with pytest.raises(InvalidInput):
        problems.require_kind("other", public=True)
    assert problems.require_kind("other", public=False) == "other"
    assert problems.due_on("leaking", date(2026, 3, 16)) == date(2026, 3, 17)


@pytest.mark.parametrize(
    ("after", "revoked", "verdict"),
    [
        (timedelta(minutes=29, seconds=59), None, "shown"),
        (timedelta(minutes=30), None, "expired"),
        (timedelta(minutes=1), NOW, "revoked"),
        (timedelta(hours=2), NOW, "revoked"),
    ],
)
def test_half_an_hour_at_the_roadside(after, revoked, verdict):
    found = roadside.verdict(expires_at=NOW + roadside.VALID_FOR, revoked_at=revoked, now=NOW + after)
    assert found == verdict
    arrived = roadside.verdict(
        expires_at=NOW + roadside.VALID_FOR, revoked_at=revoked, now=NOW + after, under_way=False
    )
    assert arrived == ("revoked" if revoked else "ended")


def test_advice_names_every_hazard_in_both_languages():
    for letter in ("T", "C", "I", "R", "In"):
        assert len(emergency.advice([letter], english=False)) == 3
        assert emergency.advice([letter], english=True)[-1].isascii()
    assert len(emergency.advice(["?"], english=False)) == 2


GREEN = FirmFacts(
    on=date(2026, 3, 16),
    limit_g=3_000_000,
    stock_g=2_399_999,
    contract_until_on=date(2026, 4, 16),
    plan_registered=True,
)


def test_a_firm_in_order_is_green():
    assert firm_states.reasons(GREEN) == []
    assert firm_states.colour_of([]) == "green"


@pytest.mark.parametrize(
    ("changes", "code", "colour"),
    [
        ({"overdue_containers": 1}, "stock_overdue", "red"),
        ({"warned_containers": 1}, "stock_warned", "yellow"),
        ({"stock_g": 3_000_001}, "store_over", "red"),
        ({"stock_g": 3_000_000}, "store_nearly_full", "yellow"),
        ({"stock_g": 2_400_000}, "store_nearly_full", "yellow"),
        ({"unlabelled": 2}, "unlabelled", "yellow"),
        ({"active": False}, "inactive", "red"),
        ({"contract_until_on": None}, "contract_missing", "red"),
        ({"contract_until_on": date(2026, 4, 15)}, "contract_ending", "yellow"),
        ({"plan_registered": False}, "plan_missing", "red"),
        ({"open_cases": 1, "late_cases": 1}, "cases_late", "red"),
        ({"open_cases": 1}, "cases_open", "yellow"),
        ({"open_problems": 1, "late_problems": 1}, "problems_late", "red"),
        ({"open_problems": 2}, "problems_open", "yellow"),
    ],
)
def test_each_reason_has_its_colour(changes, code, colour):
    [reason] = firm_states.reasons(replace(GREEN, **changes))
    assert (reason.code, reason.colour) == (code, colour)
    assert firm_states.colour_of([reason]) == colour


def test_red_stands_before_yellow():
    found = firm_states.reasons(replace(GREEN, unlabelled=1, plan_registered=False))
    assert [each.colour for each in found] == ["red", "yellow"]
    assert firm_states.colour_of(found) == "red"
