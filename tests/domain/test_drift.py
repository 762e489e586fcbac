"""Small differences to one side: found, and not found where chance explains them."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from wastehub.domain import drift
from wastehub.domain.drift import Month

MARCH = date(2026, 3, 1)


def month(*differences_g: int) -> Month:
    return Month(
        MARCH,
        len(differences_g),
        sum(differences_g),
        sum(each * each for each in differences_g),
        sum(each < 0 for each in differences_g),
        sum(each > 0 for each in differences_g),
    )


def state(*differences_g: int, sigma: int = 3, least: int = 10) -> str:
    return drift.judge(month(*differences_g), sigma=sigma, weighings_min=least)


def test_differences_that_cancel_out_are_steady() -> None:
    assert state(*[100, -100] * 20) == "steady"


def test_a_little_from_every_drum_is_drift() -> None:
    # 20 drums, 150 g short each: S = 3,000 g, sigma = 671 g.
    assert state(*[-150] * 20) == "drift"


def test_the_limit_itself_is_not_beyond_it() -> None:
    # Nine equal differences: S^2 = 81 d^2 = 9 * sum(d^2), exactly three sigma.
    assert state(*[-50] * 9, least=9) == "watch"
    assert state(*[-50] * 10, least=9) == "drift"


def test_two_sigma_is_watched_and_exactly_two_is_not() -> None:
    assert state(*[40] * 4, least=4) == "steady"
    assert state(*[40] * 5, least=4) == "watch"


def test_one_large_honest_difference_raises_no_alarm_by_itself() -> None:
    assert state(-20_000, *[30, -30] * 15) == "steady"


def test_too_few_are_not_judged_and_none_are_none() -> None:
    assert state(*[-500] * 9) == "few"
    assert state() == "none"
    assert state(*[0] * 12) == "steady"


def test_another_configuration_judges_otherwise() -> None:
    leaning = [-50] * 14 + [50] * 6
    assert state(*leaning, sigma=3) == "steady"
    assert drift.judge(month(*leaning), sigma=1, weighings_min=10) == "drift"


def test_sigma_is_told_in_whole_numbers() -> None:
    found = month(*[-150] * 20)
    assert (found.sigma_g, found.sigma_tenths) == (670, 44)
    assert Month(MARCH).sigma_tenths == 0


@pytest.mark.parametrize(
    ("today", "first"), [(date(2026, 3, 16), date(2025, 4, 1)), (date(2026, 12, 1), date(2026, 1, 1))]
)
def test_a_year_of_months_ends_with_the_present_one(today: date, first: date) -> None:
    months = drift.months_before(today, 12)
    assert months[0] == first and months[-1] == today.replace(day=1) and len(months) == 12
    assert all(drift.next_month(a) == b for a, b in itertools.pairwise(months))
