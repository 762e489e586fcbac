"""Hand a stop over to the map on the phone: Amap, Baidu, Tencent or whatever answers to geo:.

Every service gets the point in its own datum, with the name; a place without coordinates is looked up by its
address. The addresses are the services' public web links, which open their apps where these are installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from wastehub.domain.datum import Point, bd09, gcj02

SOURCE = "wastehub"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go. `point` is WGS-84; None when nobody has said where it is."""

    name: str
    address: str
    point: Point | None

    @property
    def words(self) -> str:
        """What a person would type."""
        return self.address or self.name


def place_of(*, name: str, address: str, lon_e6: int, lat_e6: int) -> Place:
    """A place as units keep it: 0, 0 says that the coordinates were never entered."""
    return Place(name, address, Point(lon_e6, lat_e6) if lon_e6 or lat_e6 else None)


def links(place: Place) -> dict[str, str]:
    """The addresses by service, in the order in which they are offered."""
    return {"amap": amap(place), "baidu": baidu(place), "tencent": tencent(place), "geo": geo(place)}


def amap(place: Place) -> str:
    """Amap 高德, GCJ-02, longitude first."""
    if place.point is None:
        return "https://uri.amap.com/search?" + _query(keyword=place.words, callnative="1", src=SOURCE)
    lon, lat = _degrees(gcj02(place.point))
    said = f"{lon},{lat},{_bare(place.name)}"
    return "https://uri.amap.com/navigation?" + _query(
        to=said, mode="car", coordinate="gaode", callnative="1", src=SOURCE
    )


def baidu(place: Place) -> str:
    """Baidu 百度, BD-09, latitude first."""
    if place.point is None:
        return "https://api.map.baidu.com/geocoder?" + _query(
            address=place.words, output="html", src=f"webapp.{SOURCE}"
        )
    lon, lat = _degrees(bd09(gcj02(place.point)))
    return "https://api.map.baidu.com/marker?" + _query(
        location=f"{lat},{lon}",
        title=place.name,
        content=place.words,
        output="html",
        coord_type="bd09ll",
        src=f"webapp.{SOURCE}",
    )


def tencent(place: Place) -> str:
    """Tencent 腾讯, GCJ-02, latitude first."""
    if place.point is None:
        return "https://apis.map.qq.com/uri/v1/search?" + _query(keyword=place.words, referer=SOURCE)
    lon, lat = _degrees(gcj02(place.point))
    return "https://apis.map.qq.com/uri/v1/routeplan?" + _query(
        type="drive", to=place.name, tocoord=f"{lat},{lon}", policy="0", referer=SOURCE
    )


def geo(place: Place) -> str:
    """The phone's own choice. RFC 5870: WGS-84, latitude first."""
    if place.point is None:
        return f"geo:0,0?q={quote(place.words)}"
    lon, lat = _degrees(place.point)
    return f"geo:{lat},{lon}?q={lat},{lon}({quote(_bare(place.name))})"


def _degrees(point: Point) -> tuple[str, str]:
    lon, lat = point.degrees
    return f"{lon:.6f}", f"{lat:.6f}"


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote, safe=",")


def _bare(name: str) -> str:
    """A name inside a list of values: commas and brackets would end it."""
    return name.translate(str.maketrans(",()", "，（）"))
