"""Days, windows and working days in Shanghai, against instants in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import chinese_calendar

from wastehub.domain.errors import RuleViolation

# China has kept one offset without summer time since 1992; a fixed zone needs no tzdata on the machine.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class CalendarYearUnknown(RuleViolation):
    """The State Council's holiday notice of this year is not installed: an error, never a guess."""

    code = "calendar.year_unknown"


def on_date(at: datetime) -> date:
    """The Shanghai date of an aware instant."""
    return _local(at).date()


def second_of_day(at: datetime) -> int:
    """Whole seconds from Shanghai midnight to an aware instant, 0..86399."""
    local = _local(at)
    return local.hour * 3600 + local.minute * 60 + local.second


def at_time(on: date, second_of_day: int) -> datetime:
    """The UTC instant that many seconds after Shanghai midnight of a date; above 86399 is the next day."""
    if second_of_day < 0:
        raise ValueError(f"seconds from midnight are not negative: {second_of_day}")
    midnight = datetime.combine(on, time(), tzinfo=SHANGHAI)
    return (midnight + timedelta(seconds=second_of_day)).astimezone(UTC)


def is_working_day(on: date) -> bool:
    """Whether offices work that day: holidays and make-up Saturdays and Sundays counted.

    Raises CalendarYearUnknown.
    Source: the yearly holiday notices of the State Council office, as kept by the package chinesecalendar.
    """
    try:
        return bool(chinese_calendar.is_workday(on))
    except NotImplementedError as unknown:
        raise CalendarYearUnknown(year=on.year) from unknown


def last_working_day(on: date) -> date:
    """The latest working day on or before a date. Raises CalendarYearUnknown."""
    while not is_working_day(on):
        on -= timedelta(days=1)
    return on


def next_working_day(on: date) -> date:
    """The earliest working day on or after a date. Raises CalendarYearUnknown."""
    while not is_working_day(on):
        on += timedelta(days=1)
    return on


def add_working_days(on: date, n: int) -> date:
    """The n-th working day after a date; the date itself is not counted (n = 0 gives it back).

    Raises CalendarYearUnknown.
    Source: Civil Code Art. 201: the first day of a period counted in days is left out.
    """
    if n < 0:
        raise ValueError(f"deadlines run forward: {n}")
    for _ in range(n):
        on = next_working_day(on + timedelta(days=1))
    return on


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"an instant without a time zone: {at!r}")
    return at.astimezone(SHANGHAI)
