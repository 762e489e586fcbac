"""Reference points of open implementations (eviltransform, coordtransform), to a millionth of a degree."""

from __future__ import annotations

import pytest

from wastehub.domain import directions
from wastehub.domain.datum import Point, bd09, gcj02

SHANGHAI = ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215))
SHENZHEN = ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363))
BEIJING = ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657))
TIANANMEN = ((39.915, 116.404), (39.91640428150164, 116.41024449916938))


def e6(lat: float, lon: float) -> Point:
    return Point(round(lon * 1e6), round(lat * 1e6))


def near(found: Point, wanted: Point, by: int = 1) -> bool:
    return abs(found.lon_e6 - wanted.lon_e6) <= by and abs(found.lat_e6 - wanted.lat_e6) <= by


@pytest.mark.parametrize(("wgs", "gcj"), [SHANGHAI, SHENZHEN, BEIJING, TIANANMEN])
def test_wgs_84_becomes_gcj_02(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert near(gcj02(e6(*wgs)), e6(*gcj))


def test_gcj_02_becomes_bd_09() -> None:
    assert near(bd09(e6(39.915, 116.404)), e6(39.92133699351021, 116.41036949371029))


def test_both_steps_come_back_to_the_published_pair_of_baidu_and_wgs() -> None:
    # Published the other way round, by an inverse that is good to ten metres.
    assert near(bd09(gcj02(e6(29.196131605295484, 120.00877901149691))), e6(29.199786, 120.019809), by=100)


@pytest.mark.parametrize("abroad", [(48.85, 2.35), (0.0, 0.0), (-27.4698, 153.0251), (39.7392, -104.9903)])
def test_outside_the_country_nothing_is_shifted(abroad: tuple[float, float]) -> None:
    assert gcj02(e6(*abroad)) == e6(*abroad)


def test_jiaxing_is_shifted_by_hundreds_of_metres_and_not_by_kilometres() -> None:
    home, there = e6(30.75, 120.75), gcj02(e6(30.75, 120.75))
    assert 2_000 < there.lon_e6 - home.lon_e6 < 7_000
    assert -5_000 < there.lat_e6 - home.lat_e6 < 0


FIRM = directions.place_of(
    name="示例汽修, 二部(东)", address="示例路 1 号", lon_e6=120_750_000, lat_e6=30_750_000
)


def test_each_service_gets_its_own_datum_and_order() -> None:
    shifted, twice = gcj02(FIRM.point), bd09(gcj02(FIRM.point))  # type: ignore[arg-type]
    made = directions.links(FIRM)
    assert list(made) == ["amap", "baidu", "tencent", "geo"]
    assert f"to={shifted.lon_e6 / 1e6:.6f},{shifted.lat_e6 / 1e6:.6f}," in made["amap"]
    assert f"location={twice.lat_e6 / 1e6:.6f},{twice.lon_e6 / 1e6:.6f}" in made["baidu"]
    assert f"tocoord={shifted.lat_e6 / 1e6:.6f},{shifted.lon_e6 / 1e6:.6f}" in made["tencent"]
    assert made["geo"].startswith("geo:30.750000,120.750000?q=30.750000,120.750000(")


def test_a_name_cannot_break_out_of_the_list_it_stands_in() -> None:
    said = directions.amap(FIRM).partition("to=")[2].partition("&")[0]
    assert said.count(",") == 2
    assert directions.geo(FIRM).count("(") == 1 and directions.geo(FIRM).endswith(")")


def test_a_place_without_coordinates_is_looked_up_by_its_address() -> None:
    bare = directions.place_of(name="示例", address="示例路 1 号", lon_e6=0, lat_e6=0)
    for link in directions.links(bare).values():
        assert "%E7%A4%BA%E4%BE%8B%E8%B7%AF" in link
    assert "%E7%A4%BA%E4%BE%8B" in directions.geo(
        directions.place_of(name="示例", address="", lon_e6=0, lat_e6=0)
    )
