"""Maps and charts: nothing overlaps, nothing is drawn out of proportion, no text can become markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.gallery import sketch
from wastehub.web.charts import LABEL_PX, _thickness
from wastehub.web.drawing import (
    Area,
    Bar,
    Spot,
    bars_svg,
    class_breaks,
    class_of,
    columns_svg,
    flow_svg,
    map_svg,
    route_css,
)
from wastehub.web.map_layout import Labels, text_width

SQUARE = (
    (120_000_000, 30_000_000),
    (120_100_000, 30_000_000),
    (120_100_000, 30_100_000),
    (120_000_000, 30_100_000),
)


def area(**changes: object) -> Area:
    return Area(
        **{"key": "1", "name": "示例县", "rings": (SQUARE,), "label_e6": (120_050_000, 30_050_000), **changes}
    )  # type: ignore[arg-type]


def test_the_breaks_of_a_map_are_round_and_reach_the_largest_value() -> None:
    assert class_breaks([41_800_000, 9_000_000]) == (
        10_000_000,
        20_000_000,
        30_000_000,
        40_000_000,
        50_000_000,
    )
    assert class_breaks([3, 1]) == (1, 2, 3)
    assert class_breaks([0, 0]) == ()


@given(st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=12))
def test_every_value_finds_its_class_and_larger_values_no_lower_one(values: list[int]) -> None:
    breaks = class_breaks(values)
    classes = [class_of(value, breaks) for value in sorted(values)]
    assert classes == sorted(classes)
    assert all((number == 0) == (value == 0) for value, number in zip(sorted(values), classes, strict=True))
    assert len(breaks) <= 5


def test_the_names_of_the_seven_counties_do_not_cover_each_other() -> None:
    drawn = re.findall(r'class="area-name" x="([\d.]+)" y="([\d.]+)" dy=".35em">([^<]+)<', sketch().svg)
    assert len(drawn) == 7
    boxes = [(float(x), float(y), len(name) * 15) for x, y, name in drawn]
    for index, (x, y, wide) in enumerate(boxes):
        for x2, y2, wide2 in boxes[index + 1 :]:
            assert abs(x - x2) >= (wide + wide2) / 2 or abs(y - y2) >= 18


def test_a_label_that_finds_no_room_is_left_out_unless_it_must_be_shown() -> None:
    labels = Labels((100, 100))
    box = (10.0, 10.0, 50.0, 30.0)
    assert labels.place([box], must=False) == 0
    assert labels.place([box], must=False) is None
    assert labels.place([box], must=True) == 0


def test_north_is_above_south_and_east_is_right_of_west() -> None:
    svg = map_svg(
        spots=[Spot(120_000_000, 30_000_000, "stop"), Spot(121_000_000, 31_000_000, "stop")], title="示例"
    ).svg
    (x1, y1), (x2, y2) = ((float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg))
    assert x1 < x2
    assert y1 > y2


def test_an_area_with_a_link_is_a_group_and_one_without_is_a_picture() -> None:
    assert 'role="group"' in map_svg(areas=[area(href="/county/1")], title="示例").svg
    assert 'role="img"' in map_svg(areas=[area()], title="示例").svg


def test_names_from_outside_cannot_become_markup() -> None:
    bad = '<script>"&'
    drawn = map_svg(
        areas=[area(name=bad, value=1, value_text=bad, href=bad)],
        spots=[Spot(120_000_000, 30_000_000, "town", bad, bad, bad)],
        title=bad,
    ).svg
    drawn += bars_svg([Bar(bad, 1, bad, bad)], title=bad) + flow_svg(
        Bar(bad, 1, bad), [Bar(bad, 1, bad)], title=bad
    )
    drawn += columns_svg([Bar(bad, 1, bad)], title=bad)
    assert "<script" not in drawn
    assert '"&"' not in drawn


def test_the_drawings_carry_no_inline_style() -> None:
    drawn = (
        sketch(lambda adcode: f"/{adcode}").svg
        + bars_svg([Bar("甲", 1, "1")], title="示例")
        + flow_svg(Bar("甲", 1, "1"), [Bar("乙", 1, "1")], title="示例")
    )
    assert "style=" not in drawn


def test_a_bar_is_as_long_as_its_share_of_the_longest() -> None:
    svg = bars_svg([Bar("甲", 50, "50"), Bar("乙", 200, "200"), Bar("丙", 0, "0")], title="示例")
    assert re.findall(r'class="bar" [^>]*width="([\d.]+)%"', svg) == ["25.00", "100.00", "0.00"]


@given(st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=7))
def test_streams_are_in_proportion_and_fit_with_their_labels(values: list[int]) -> None:
    px_per_g = _thickness(values, 280, 38)
    assert sum(max(value * px_per_g, 38) for value in values) <= 280 + 1e-6


def test_empty_drawings_are_drawn() -> None:
    assert "svg" in bars_svg([], title="示例")
    assert "svg" in columns_svg([], title="示例")
    assert "svg" in flow_svg(Bar("产生", 0, "0"), [Bar("在库", 0, "0")], title="示例")
    assert map_svg(title="示例").legend == ()


def test_a_long_label_of_a_stream_stays_inside_the_drawing() -> None:
    label = "Difference under inquiry"
    svg = flow_svg(Bar("Generated", 2, "2"), [Bar(label, 2, "2")], title="示例", size=(340, 380))
    [left] = re.findall(r'class="flow-label" x="([\d.]+)"', svg)
    assert float(left) + text_width(label, LABEL_PX) <= 340


@pytest.mark.parametrize(("index", "css"), [(0, "route route-0"), (9, "route route-1")])
def test_rounds_take_turns_in_eight_colours(index: int, css: str) -> None:
    assert route_css(index) == css
