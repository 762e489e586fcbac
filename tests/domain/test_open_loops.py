"""When a loop is late, when it goes a step further, and what an answer must say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from wastehub.domain import open_loops
from wastehub.domain.errors import InvalidInput
from wastehub.domain.open_loops import clock_of, clock_starts_on, require_answer, steps_due

OWN, LAW = date(2026, 3, 10), date(2026, 6, 10)
DAYS = {
    "escalate_unit_days": 0,
    "escalate_platform_days": 3,
    "escalate_county_days": 7,
    "escalate_city_days": 15,
}


def day(count: int) -> date:
    return OWN + timedelta(days=count)


def numbers(on: date, starts_on: date = OWN) -> list[int]:
    return [step.number for step in steps_due(starts_on, on, DAYS)]


def test_the_last_day_of_a_limit_still_counts() -> None:
    assert clock_of(own_due_on=OWN, law_due_on=LAW, today=OWN) == "ok"
    assert clock_of(own_due_on=OWN, law_due_on=LAW, today=day(1)) == "own"
    assert clock_of(own_due_on=OWN, law_due_on=LAW, today=LAW) == "own"
    assert clock_of(own_due_on=OWN, law_due_on=LAW, today=LAW + timedelta(days=1)) == "law"


def test_without_a_legal_limit_only_the_own_one_is_passed() -> None:
    assert clock_of(own_due_on=OWN, law_due_on=None, today=date(2030, 1, 1)) == "own"


@pytest.mark.parametrize(
    ("after", "steps"),
    [
        (0, []),
        (1, [1]),
        (3, [1]),
        (4, [1, 2]),
        (7, [1, 2]),
        (8, [1, 2, 3]),
        (15, [1, 2, 3]),
        (16, [1, 2, 3, 4]),
    ],
)
def test_each_step_is_due_the_day_after_its_days(after: int, steps: list[int]) -> None:
    assert numbers(day(after)) == steps


def test_a_promise_moves_the_next_step_but_never_past_the_law() -> None:
    assert clock_starts_on(own_due_on=OWN, law_due_on=LAW, promised_on=day(20)) == day(20)
    beyond = LAW + timedelta(days=9)
    assert clock_starts_on(own_due_on=OWN, law_due_on=LAW, promised_on=beyond) == LAW
    assert clock_starts_on(own_due_on=OWN, law_due_on=None, promised_on=beyond) == beyond


def test_a_promise_before_the_limit_or_after_a_passed_legal_limit_wins_nothing() -> None:
    assert clock_starts_on(own_due_on=OWN, law_due_on=LAW, promised_on=day(-3)) == OWN
    assert clock_starts_on(own_due_on=OWN, law_due_on=day(-30), promised_on=day(20)) == OWN


def answer(**changes: object) -> None:
    asked = {"kind": "case", "answer": "promise", "note": "why", "promised_on": day(5), "today": OWN,
             "promise_max_days": 30}  # fmt: skip
    require_answer(**(asked | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"note": ""}, "text.missing", "note"),
        ({"promised_on": None}, "text.missing", "promised_on"),
        ({"promised_on": OWN}, "loop.promise_out_of_range", "promised_on"),
        ({"promised_on": day(31)}, "loop.promise_out_of_range", "promised_on"),
        ({"answer": "later"}, "loop.answer_unknown", "answer"),
        ({"answer": "explained"}, "loop.answer_unknown", "answer"),
        ({"kind": "held", "answer": "explained", "note": ""}, "text.missing", "note"),
    ],
)
def test_an_answer_says_why_and_by_when(changes: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        answer(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_first_and_the_last_day_of_a_promise_are_allowed() -> None:
    answer(promised_on=day(1))
    answer(promised_on=day(30))
    answer(kind="held", answer="explained", promised_on=None)


def test_every_step_and_stage_has_its_number_once() -> None:
    assert [step.number for step in open_loops.STEPS] == [1, 2, 3, 4]
    assert {stage.kind for stage in open_loops.STAGES.values()} == set(open_loops.STAGES)
