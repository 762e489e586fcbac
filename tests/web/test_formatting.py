"""How quantities, times and codes read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from wastehub.web import formatting as f

NOW = datetime(2026, 3, 16, 6, 5, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def in_chinese() -> Iterator[None]:
    app = Flask("formatting")
    Babel(app, locale_selector=lambda: "zh")
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("mass_g", "text"),
    [
        (812_500, "812.5 kg"),
        (1_240_000, "1,240.0 kg"),
        (9_999_900, "9,999.9 kg"),
        (10_000_000, "10.000 t"),
        (12_345_678, "12.346 t"),
        (1_234_567_000, "1,234.567 t"),
        (0, "0.0 kg"),
        (49, "49 g"),
        (50, "0.1 kg"),
        (-6_300, "−6.3 kg"),
        (-12_345_000, "−12.345 t"),
        (None, "—"),
    ],
)
def test_a_mass_reads_in_kilograms_below_ten_tonnes_and_in_tonnes_above(
    mass_g: int | None, text: str
) -> None:
    assert f.mass(mass_g) == text


@given(st.integers(min_value=0, max_value=10**13))
def test_a_mass_shown_is_never_further_from_the_truth_than_half_its_last_digit(mass_g: int) -> None:
    figure, unit = f.mass(mass_g).replace(",", "").split()
    scale, half = {"g": (1, 0), "kg": (1_000, 50), "t": (1_000_000, 500)}[unit]
    assert abs(round(float(figure) * scale) - mass_g) <= half


@given(st.integers(min_value=0, max_value=10**12))
def test_kilograms_for_an_input_lose_no_gram(mass_g: int) -> None:
    assert round(float(f.mass_kg(mass_g).replace(",", "")) * 1_000) == mass_g


def test_bounds_of_a_legend_carry_no_needless_zeros() -> None:
    assert [f.mass_short(g) for g in (0, 500_000, 2_500_000, 10_000_000, None)] == [
        "0 kg",
        "500 kg",
        "2.5 t",
        "10 t",
        "—",
    ]


def test_a_difference_shows_its_sign() -> None:
    assert [f.signed_mass(g) for g in (1_200, 0, -1_200)] == ["+1.2 kg", "0.0 kg", "−1.2 kg"]


def test_an_instant_is_shown_in_shanghai_time_and_a_late_utc_hour_is_the_next_day() -> None:
    assert f.at(NOW) == "2026-03-16 14:05"
    assert f.at(NOW, seconds=True) == "2026-03-16 14:05:00"
    assert f.on(datetime(2026, 3, 16, 16, 0, tzinfo=UTC)) == "2026-03-17"
    assert f.on(datetime(2026, 3, 16, 15, 59, tzinfo=UTC)) == "2026-03-16"
    assert f.on(date(2026, 3, 16)) == "2026-03-16"


def test_seconds_from_midnight_read_as_a_clock_also_past_midnight() -> None:
    assert [f.clock(s) for s in (0, 50_700, 86_400 + 5_400, None)] == ["00:00", "14:05", "01:30 (+1)", "—"]


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (timedelta(seconds=30), "刚刚"),
        (timedelta(minutes=5), "5 分钟后"),
        (timedelta(minutes=-5), "5 分钟前"),
        (timedelta(hours=-3), "3 小时前"),
        (timedelta(days=1), "明天"),
        (timedelta(days=-1), "昨天"),
        (timedelta(days=3), "3 天后"),
        (timedelta(days=-2), "2 天前"),
    ],
)
def test_relative_time(gap: timedelta, text: str) -> None:
    assert f.relative(NOW + gap, NOW) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [(3, "3 天后到期"), (1, "明天到期"), (0, "今天到期"), (-1, "已逾期 1 天"), (-2, "已逾期 2 天")],
)
def test_a_deadline_says_how_long_is_left_or_how_late_it_is(days: int, text: str) -> None:
    assert f.due(date(2026, 3, 16) + timedelta(days=days), NOW) == text


def test_distance_duration_money_and_share() -> None:
    assert f.km(12_345) == "12.3 km"
    assert [f.duration(s) for s in (45, 1_500, 11_100, None)] == ["45 秒", "25 分钟", "3 小时 05 分", "—"]
    assert f.money(123_450) == "1,234.50 元"
    assert f.percent(82) == "8.2%"


def test_a_label_code_is_grouped_for_the_eye_and_stays_whole_for_the_clipboard() -> None:
    code = "91330400MA2B000X5R900214082026030200" + "1"
    shown = f.label_code(code)
    assert [part.split("</span>")[0] for part in shown.split("<span>")[1:]] == [
        code[:18],
        code[18:26],
        code[26:34],
        code[34:],
    ]
    assert f'title="{code}"' in shown
    assert "&lt;" in f.label_code("<script>")


def test_a_telephone_number_stays_in_one_piece_and_is_never_markup() -> None:
    assert f.phone("0573-8283-0000") == '<span class="phone">0573-8283-0000</span>'
    assert f.phone("<b>") == '<span class="phone">&lt;b&gt;</span>'
    assert f.phone(None) == f.phone("") == ""
