"""The five checks: all answered, none against our own records, and nothing leaves while one failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from wastehub.domain import hazards, safety_cards, waybills
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.domain.waybills import ALL_PASSED, CHECKS, FAILED, NOT_APPLICABLE, PASSED, Records

ON = date(2026, 3, 17)
FINE = Records("浙F·示021", ON, (ON, ON), load_g=1_500_000, capacity_g=1_500_000)


def code_of(answers: dict[str, str], records: Records = FINE, note: str = "") -> str:
    with pytest.raises((InvalidInput, Conflict)) as refusal:
        waybills.require_answers(answers, note=note, records=records, on=ON)
    return refusal.value.code


def test_everything_passed_may_be_written_and_may_leave() -> None:
    waybills.require_answers(ALL_PASSED, note="", records=FINE, on=ON)
    waybills.require_departure(ALL_PASSED)
    assert waybills.may_depart(ALL_PASSED)


@pytest.mark.parametrize("key", sorted(CHECKS))
def test_each_check_must_be_answered(key: str) -> None:
    lacking = {name: outcome for name, outcome in ALL_PASSED.items() if name != key}
    assert code_of(lacking) == "waybill.check_missing"
    with pytest.raises(Conflict, match=r"waybill\.check_missing"):
        waybills.require_departure(lacking)


@pytest.mark.parametrize("key", sorted(CHECKS))
def test_one_failed_check_keeps_the_vehicle_here(key: str) -> None:
    failed = dict(ALL_PASSED) | {key: FAILED}
    waybills.require_answers(failed, note="灯不亮", records=FINE, on=ON)
    with pytest.raises(Conflict, match=r"waybill\.check_failed"):
        waybills.require_departure(failed)
    assert not waybills.may_depart(failed)
    assert code_of(failed) == "waybill.note_missing"
    assert code_of(failed, note="  ") == "waybill.note_missing"


def test_nothing_checked_is_said_as_such() -> None:
    with pytest.raises(Conflict, match=r"waybill\.not_checked"):
        waybills.require_departure({})


def test_only_the_tank_may_not_apply() -> None:
    assert [key for key, check in CHECKS.items() if check.may_not_apply] == ["filling"]
    waybills.require_departure(dict(ALL_PASSED) | {"filling": PASSED})
    assert code_of(dict(ALL_PASSED) | {"crew": NOT_APPLICABLE}) == "waybill.check_applies"
    assert not waybills.may_depart(dict(ALL_PASSED) | {"crew": NOT_APPLICABLE})


@pytest.mark.parametrize("answers", [{"brakes": PASSED}, {"crew": "yes"}, {"crew": "x" * 5000}])
def test_what_is_no_check_or_no_outcome_is_refused(answers: dict[str, str]) -> None:
    assert code_of(dict(ALL_PASSED) | answers) == "waybill.check_unknown"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vehicle_until_on": date(2026, 3, 16)}, "vehicle.permit_expired"),
        ({"crew_until_on": (ON, date(2026, 3, 16))}, "crew.certificate_expired"),
        ({"crew_until_on": (ON,)}, "round.crew_incomplete"),
        ({"load_g": 1_500_001}, "vehicle.overloaded"),
    ],
)
def test_a_check_cannot_pass_against_our_own_records(changes: dict[str, object], code: str) -> None:
    """Near misses: the day itself and the rated load itself are fine (see FINE)."""
    assert code_of(dict(ALL_PASSED), replace(FINE, **changes)) == code  # type: ignore[arg-type]


def test_an_expired_permit_may_be_written_down_as_failed() -> None:
    expired = replace(FINE, vehicle_until_on=date(2026, 3, 16))
    failed = dict(ALL_PASSED) | {"vehicle": FAILED}
    waybills.require_answers(failed, note="营运证过期", records=expired, on=ON)


def test_the_card_has_advice_for_every_hazard_of_the_catalogue() -> None:
    assert set(safety_cards.ADVICE) == set(hazards.PROPERTIES)
    for _key, name, advice in safety_cards.rows_for(hazards.PROPERTIES):
        assert all(name) and len(advice) == len(hazards.PROPERTIES)
        assert all(zh and en for zh, en in advice)


def test_the_card_says_each_advice_once_and_nothing_for_unknown_letters() -> None:
    [(_, _, advice), *_] = safety_cards.rows_for(["T", "T", "Q"])
    assert len(advice) == 1
