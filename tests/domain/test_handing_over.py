"""Codes that hold once and for a while, consents, changes at the gate: a rule and its near miss."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from wastehub.domain import gate_changes, reasons
from wastehub.domain import handing_over as rules
from wastehub.domain.errors import Conflict, InvalidInput, RuleViolation
from wastehub.domain.gate_changes import Fill, Packaging
from wastehub.domain.handing_over import Consent, ShownCode

SHOWN_AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
UNTIL_AT = SHOWN_AT + timedelta(minutes=15)
CODE = ShownCode(UUID(int=1), "042917", SHOWN_AT, UNTIL_AT)


def code_refused(text="042917", shown=(CODE,), at=SHOWN_AT, **options) -> str:
    with pytest.raises(RuleViolation) as refusal:
        rules.require_code(text, shown, at=at, **options)
    return refusal.value.code


@pytest.mark.parametrize("text", ["042917", "042 917", "０４２９１７", " 042-917 "])
def test_the_shown_code_is_taken_however_it_is_typed(text):
    assert rules.require_code(text, [CODE], at=SHOWN_AT) == CODE


def test_a_code_of_chance_has_six_digits():
    assert (rules.code_of(42), rules.code_of(123_456_789)) == ("000042", "456789")


@pytest.mark.parametrize("text", ["", "42917", "0429177", "04291a"])
def test_what_is_no_code(text):
    assert code_refused(text) == "hand_over.code_malformed"


def test_a_wrong_code_and_one_of_nobody():
    assert code_refused("042918") == "hand_over.code_wrong"
    assert code_refused(shown=()) == "hand_over.code_wrong"


def test_a_code_holds_for_its_minutes_and_a_little_more():
    assert rules.require_code("042917", [CODE], at=UNTIL_AT + rules.CODE_GRACE) == CODE
    assert code_refused(at=UNTIL_AT + rules.CODE_GRACE + timedelta(seconds=1)) == "hand_over.code_expired"
    assert rules.require_code("042917", [CODE], at=SHOWN_AT - rules.CODE_GRACE) == CODE
    assert code_refused(at=SHOWN_AT - rules.CODE_GRACE - timedelta(seconds=1)) == "hand_over.code_expired"


def test_a_code_holds_once():
    assert code_refused(shown=[replace(CODE, used=True)]) == "hand_over.code_used"
    again = replace(CODE, id=UUID(int=2), shown_at=SHOWN_AT + timedelta(minutes=1))
    assert rules.require_code("042917", [replace(CODE, used=True), again], at=SHOWN_AT) == again


def test_guessing_ends_after_some_wrong_codes():
    assert rules.require_code("042917", [CODE], at=SHOWN_AT, wrong_before=4) == CODE
    assert code_refused(wrong_before=5) == "hand_over.code_locked"


CONSENT = Consent(UUID(int=3), date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("on", "ended_on", "holds"),
    [
        (date(2026, 2, 28), None, False),
        (date(2026, 3, 1), None, True),
        (date(2026, 3, 31), None, True),
        (date(2026, 4, 1), None, False),
        (date(2026, 3, 9), date(2026, 3, 10), True),
        (date(2026, 3, 10), date(2026, 3, 10), False),
    ],
)
def test_the_days_of_a_consent(on, ended_on, holds):
    consent = replace(CONSENT, ended_on=ended_on)
    if holds:
        assert rules.require_consent([consent], on=on) == consent
    else:
        with pytest.raises(Conflict, match=r"hand_over\.no_consent"):
            rules.require_consent([consent], on=on)


@pytest.mark.parametrize(
    ("until_on", "code"),
    [
        (date(2026, 3, 1), "consent.until_past"),
        (date(2026, 3, 2), None),
        (date(2027, 3, 2), None),
        (date(2027, 3, 3), "consent.too_long"),
    ],
)
def test_how_long_a_consent_may_hold(until_on, code):
    today = date(2026, 3, 2)
    if code is None:
        rules.require_consent_days(today, until_on, today=today, days_max=366)
    else:
        with pytest.raises(InvalidInput) as refusal:
            rules.require_consent_days(today, until_on, today=today, days_max=366)
        assert refusal.value.code == code


DRUM = Packaging("STEEL200", 250_000, True)
BAG = Packaging("BAG", 1_000_000, False)
FILL = Fill("CODE", "labelled", 150_000, "liquid", DRUM, on_this_stop=True)


@pytest.mark.parametrize(
    ("fill", "code"),
    [
        (FILL, None),
        (replace(FILL, state="loaded"), "change.loaded"),
        (replace(FILL, state="registered"), "change.not_labelled"),
        (replace(FILL, on_this_stop=False), "change.not_here"),
        (replace(FILL, moved=True), "change.moved_before"),
    ],
)
def test_what_may_be_changed_at_all(fill, code):
    if code is None:
        gate_changes.require_changeable(fill)
    else:
        with pytest.raises(Conflict) as refusal:
            gate_changes.require_changeable(fill)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("mass_g", "code"),
    [
        (149_999, None),
        (250_000, None),
        (250_001, "change.packaging_too_small"),
        (150_000, "change.amount_same"),
        (15_000, "change.amount_absurd"),
        (15_001, None),
        (1_500_000, "change.amount_absurd"),
        (0, "mass.not_positive"),
        (-1, "mass.not_positive"),
    ],
)
def test_which_amount_both_may_agree_on(mass_g, code):
    if code is None:
        assert gate_changes.require_amount(FILL, mass_g) == mass_g
    else:
        with pytest.raises(InvalidInput) as refusal:
            gate_changes.require_amount(FILL, mass_g)
        assert (refusal.value.code, refusal.value.field) == (code, "mass_g")


@pytest.mark.parametrize(
    ("fill", "after", "code"),
    [
        (FILL, replace(DRUM, code="PE200"), None),
        (FILL, None, "change.packaging_unknown"),
        (FILL, DRUM, "change.packaging_same"),
        (FILL, BAG, "change.packaging_not_liquid"),
        (replace(FILL, form="solid"), BAG, None),
        (FILL, Packaging("CAN", 149_999, True), "change.packaging_too_small"),
        (FILL, Packaging("CAN", 150_000, True), None),
    ],
)
def test_which_packaging_both_may_agree_on(fill, after, code):
    if code is None:
        assert gate_changes.require_packaging(fill, after) == after
    else:
        with pytest.raises(InvalidInput) as refusal:
            gate_changes.require_packaging(fill, after)
        assert refusal.value.code == code


def test_another_waste_is_no_matter_for_the_gate():
    assert gate_changes.require_what("amount") == "amount"
    for what in ("waste_code", "hazards", ""):
        with pytest.raises(InvalidInput, match=r"change\.what_unknown"):
            gate_changes.require_what(what)
    with pytest.raises(InvalidInput, match=r"change\.role_unknown"):
        gate_changes.require_role("ceo")


def test_the_reasons_to_leave_without_a_confirmation():
    assert reasons.require("unconfirmed", "nobody_signs").name_zh == "无人签字"
    with pytest.raises(InvalidInput, match=r"reason\.note_missing"):
        reasons.require("unconfirmed", "declined")
    with pytest.raises(InvalidInput, match=r"reason\.photo_missing"):
        reasons.require("agreed_change", "damaged")
