"""Shanghai days against UTC instants, and the working days of the holiday notices."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import calendar

days_2026 = st.dates(date(2026, 1, 1), date(2026, 11, 30))


def test_the_shanghai_day_begins_at_sixteen_hours_utc():
    assert calendar.on_date(datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 2)
    assert calendar.on_date(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == date(2026, 3, 3)


def test_eight_in_the_morning_is_midnight_utc():
    assert calendar.at_time(date(2026, 3, 3), 8 * 3600) == datetime(2026, 3, 3, tzinfo=UTC)
    assert calendar.at_time(date(2026, 3, 3), 8 * 3600).tzinfo is UTC


def test_seconds_past_midnight_belong_to_the_next_day():
    assert calendar.on_date(calendar.at_time(date(2026, 3, 3), 86_400)) == date(2026, 3, 4)


def test_seconds_before_midnight_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        calendar.at_time(date(2026, 3, 3), -1)


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        calendar.on_date(datetime(2026, 3, 3))
    with pytest.raises(ValueError, match="time zone"):
        calendar.second_of_day(datetime(2026, 3, 3))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 86_399))
def test_day_and_second_give_back_the_instant(on, second):
    at = calendar.at_time(on, second)
    assert (calendar.on_date(at), calendar.second_of_day(at)) == (on, second)


def test_spring_festival_2026_is_free_and_its_two_saturdays_are_worked():
    for day in range(15, 24):
        assert not calendar.is_working_day(date(2026, 2, day))
    assert calendar.is_working_day(date(2026, 2, 14)), "Saturday, made up for the festival"
    assert calendar.is_working_day(date(2026, 2, 28)), "Saturday, made up for the festival"
    assert calendar.is_working_day(date(2026, 2, 24))


def test_an_ordinary_saturday_is_free():
    assert not calendar.is_working_day(date(2026, 3, 7))


@pytest.mark.parametrize("on", [date(2003, 12, 31), date(2090, 1, 4)])
def test_a_year_without_holiday_notice_is_an_error_and_not_a_guess(on):
    with pytest.raises(calendar.CalendarYearUnknown) as unknown:
        calendar.is_working_day(on)
    assert unknown.value.code == "calendar.year_unknown"
    assert unknown.value.params == {"year": on.year}


def test_the_nearest_working_day_looks_at_the_day_itself_first():
    assert calendar.last_working_day(date(2026, 2, 14)) == date(2026, 2, 14)
    assert calendar.next_working_day(date(2026, 2, 14)) == date(2026, 2, 14)
    assert calendar.last_working_day(date(2026, 2, 20)) == date(2026, 2, 14)
    assert calendar.next_working_day(date(2026, 2, 20)) == date(2026, 2, 24)


def test_the_first_day_of_a_period_is_not_counted():
    assert calendar.add_working_days(date(2026, 3, 2), 5) == date(2026, 3, 9)


def test_five_working_days_across_spring_festival():
    assert calendar.add_working_days(date(2026, 2, 13), 5) == date(2026, 2, 27)
    assert calendar.add_working_days(date(2026, 2, 13), 6) == date(2026, 2, 28)


def test_no_working_days_are_added_to_a_free_day():
    assert calendar.add_working_days(date(2026, 2, 17), 0) == date(2026, 2, 17)


def test_deadlines_run_forward_only():
    with pytest.raises(ValueError, match="forward"):
        calendar.add_working_days(date(2026, 3, 2), -1)


@given(days_2026, st.integers(1, 15))
def test_a_deadline_is_a_working_day_and_exactly_n_of_them_lie_on_the_way(on, n):
    due = calendar.add_working_days(on, n)
    between = [on + timedelta(days=step) for step in range(1, (due - on).days + 1)]
    assert sum(map(calendar.is_working_day, between)) == n
    assert calendar.is_working_day(due)
