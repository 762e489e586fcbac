"""What a count says of one label, how far a store got with its day, and the tolerance of each scale."""

from __future__ import annotations

from datetime import date

import pytest

from wastehub.domain import scales, stock_counts
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.domain.quantities import ToleranceRule
from wastehub.domain.stock_counts import Books, Judged, PlaceCount

RULE = ToleranceRule(500, 5_000)
HERE = Books(100_000, here=True, store=True)
LIMITS = {
    "tolerance_floor_g": 500,
    "tolerance_weighed_ppm": 5_000,
    "tolerance_estimated_ppm": 100_000,
    "tolerance_bridge_floor_g": 20_000,
}


def judged(books: Books | None, *, seen: bool = True, weighed_g: int | None = None) -> Judged:
    return stock_counts.judge(books, seen=seen, weighed_g=weighed_g, rule=RULE)


@pytest.mark.parametrize(
    ("books", "seen", "weighed_g", "finding", "difference_g"),
    [
        (HERE, True, None, "same", 0),
        (HERE, True, 100_000, "same", 0),
        (HERE, True, 99_500, "within", -500),
        (HERE, True, 99_499, "mass", -501),
        (HERE, True, 100_501, "mass", 501),
        (HERE, False, None, "missing", -100_000),
        (Books(1, store=True), True, None, "wrong_zone", 0),
        (Books(1), True, None, "elsewhere", 0),
        (None, True, 5_000, "unknown", 0),
        (Books(0, missing=True), True, None, "found_again", 0),
    ],
)
def test_one_finding_for_each_label(
    books: Books | None, seen: bool, weighed_g: int | None, finding: str, difference_g: int
) -> None:
    assert judged(books, seen=seen, weighed_g=weighed_g) == Judged(finding, difference_g)  # type: ignore[arg-type]


def test_whoever_counted_does_not_sign() -> None:
    stock_counts.require_second_person(signer="user:b", counted={"user:a"})
    with pytest.raises(Conflict, match=r"count\.second_person_needed"):
        stock_counts.require_second_person(signer="user:a", counted={"user:a", "user:b"})


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ([], "none"),
        ([("A", "open", 1)], "none"),
        ([("A", "counted", 1)], "unsigned"),
        ([("A", "signed", 1)], "signed"),
        ([("A", "signed", 2)], "partly"),
        ([("A", "signed", 2), ("B", "counted", 2)], "unsigned"),
        ([("A", "signed", 2), ("B", "signed", 2)], "signed"),
        ([("A", "signed", 1), ("A", "counted", 1)], "signed"),
    ],
)
def test_a_day_is_signed_when_every_place_is(counts: list[tuple[str, str, int]], state: str) -> None:
    assert stock_counts.day_state([PlaceCount(*each) for each in counts]) == state


def test_the_last_days_end_today() -> None:
    assert stock_counts.days_before(date(2026, 3, 1), 2) == [date(2026, 2, 28), date(2026, 3, 1)]


def test_a_class_of_scale_has_its_own_tolerance_or_the_general_one() -> None:
    assert scales.tolerance(LIMITS, scale_class="bridge") == ToleranceRule(20_000, 5_000)
    assert scales.tolerance(LIMITS, scale_class="bench") == ToleranceRule(500, 5_000)
    assert scales.tolerance(LIMITS, scale_class="bench", basis="estimated").ppm == 100_000
    assert scales.tolerance_facts(LIMITS, scale_class="bridge") == {
        "tolerance_floor_g": 20_000,
        "tolerance_ppm": 5_000,
        "tolerance_estimated_ppm": 100_000,
    }
    with pytest.raises(ValueError, match="guessed"):
        scales.tolerance(LIMITS, scale_class="bench", basis="guessed")
    with pytest.raises(InvalidInput, match=r"scale\.class_unknown"):
        scales.require_class("moon")
