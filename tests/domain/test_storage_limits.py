"""How long and how much."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain.errors import Conflict
from wastehub.domain.storage_limits import age_days, due_on, require_point_capacity, storage_state

SINCE = date(2026, 1, 1)


def test_the_first_day_has_age_nought():
    assert age_days(SINCE, SINCE) == 0
    assert age_days(SINCE, date(2026, 1, 31)) == 30


@pytest.mark.parametrize(
    ("days", "state"), [(0, "ok"), (89, "ok"), (90, "warning"), (365, "warning"), (366, "overdue")]
)
def test_warned_from_and_overdue_after(days, state):
    assert storage_state(SINCE, SINCE + timedelta(days=days), 90, 365) == state


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 400))
def test_the_due_day_is_the_last_lawful_one(since_on, limit_days):
    due = due_on(since_on, limit_days)
    assert storage_state(since_on, due, limit_days, limit_days) == "warning"
    assert storage_state(since_on, due + timedelta(days=1), limit_days, limit_days) == "overdue"


def test_three_tonnes_at_a_storage_point_are_lawful_and_a_gram_more_is_not():
    require_point_capacity(2_800_000, 200_000, 3_000_000)
    with pytest.raises(Conflict) as refused:
        require_point_capacity(2_800_000, 200_001, 3_000_000)
    assert refused.value.code == "storage.point_full"
    assert refused.value.params == {
        "stock_g": 2_800_000,
        "add_g": 200_001,
        "limit_g": 3_000_000,
        "left_g": 200_000,
    }


def test_an_overfull_point_has_nothing_left():
    with pytest.raises(Conflict) as refused:
        require_point_capacity(3_100_000, 1, 3_000_000)
    assert refused.value.params["left_g"] == 0
