"""Maps drawn by the server as SVG (charts: charts.py): pure functions of plain values.

The style sheet colours everything by class, so the drawings follow light and dark and obey a strict
content security policy. Positions are micro-degrees, WGS-84. A map drawn here is a sketch (示意图).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from .charts import Bar, bars_svg, columns_svg, flow_svg
from .map_layout import Labels, Projection, text_width
from .svg import linked, titled

Ring = Sequence[tuple[int, int]]
CLASSES = 5
ROUTE_STYLES = 8


@dataclass(frozen=True)
class Area:
    """A county or town. `value` picks its shade; `value_text` stands under its name."""

    key: str
    name: str
    rings: tuple[tuple[tuple[int, int], ...], ...]
    label_e6: tuple[int, int]
    value: int | None = None
    value_text: str = ""
    href: str = ""
    title: str = ""
    css: str = ""


@dataclass(frozen=True)
class Path:
    """A line: a road ("road-motorway", "road-trunk", "road-secondary") or a round (route_css(0..))."""

    points_e6: tuple[tuple[int, int], ...]
    css: str
    title: str = ""
    href: str = ""


@dataclass(frozen=True)
class Spot:
    """A point: "town", "site-platform", "site-plant", "site-firm", "stop"; `text` is drawn inside."""

    lon_e6: int
    lat_e6: int
    css: str
    title: str = ""
    label: str = ""
    text: str = ""
    href: str = ""
    radius: float = 4.0


@dataclass(frozen=True)
class LegendItem:
    label: str
    css: str
    shape: str  # area, line, spot


@dataclass(frozen=True)
class MapDrawing:
    svg: Markup
    legend: tuple[LegendItem, ...]


def route_css(index: int) -> str:
    """Class of the n-th round on a map: eight colours, each with its own dash."""
    return f"route route-{index % ROUTE_STYLES}"


# On a map the kind of an area goes without saying: "Nanhu District" is labelled "Nanhu".
_KIND = re.compile(r" (District|County|City)$")


def areas_from_geojson(
    collection: Mapping[str, Any],
    *,
    key: str = "adcode",
    name: str = "name_zh",
    values: Mapping[str, int] | None = None,
    show: Callable[[int], str] = str,
    href: Callable[[str], str] | None = None,
) -> tuple[Area, ...]:
    """Polygons of a FeatureCollection, with the value, its text and the link of each by its key."""
    found = []
    for feature in collection["features"]:
        about, shape = feature["properties"], feature["geometry"]
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        rings = tuple(_to_e6(ring) for polygon in polygons for ring in polygon)
        area_key = str(about[key])
        value = None if values is None else values.get(area_key, 0)
        text = "" if value is None else show(value)
        found.append(
            Area(
                key=area_key,
                name=_KIND.sub("", str(about[name])),
                rings=rings,
                label_e6=_label_point(about, rings),
                value=value,
                value_text=text,
                href=href(area_key) if href else "",
                title=f"{about[name]} {text}".strip(),
            )
        )
    return tuple(found)


def paths_from_geojson(
    collection: Mapping[str, Any], *, prefix: str = "road-", skip: Sequence[str] = ("ramp",)
) -> tuple[Path, ...]:
    """Lines of a FeatureCollection; the property `class` becomes the style class. Points are passed over."""
    return tuple(
        Path(_to_e6(feature["geometry"]["coordinates"]), prefix + feature["properties"]["class"])
        for feature in collection["features"]
        if feature["geometry"]["type"] == "LineString" and feature["properties"].get("class") not in skip
    )


def _to_e6(ring: Iterable[Sequence[float]]) -> tuple[tuple[int, int], ...]:
    return tuple((round(point[0] * 1e6), round(point[1] * 1e6)) for point in ring)


def _label_point(about: Mapping[str, Any], rings: Sequence[Ring]) -> tuple[int, int]:
    if "label_lon" in about:
        return round(about["label_lon"] * 1e6), round(about["label_lat"] * 1e6)
    outer = max(rings, key=len)
    return sum(lon for lon, _ in outer) // len(outer), sum(lat for _, lat in outer) // len(outer)


def class_breaks(values: Iterable[int], count: int = CLASSES) -> tuple[int, ...]:
    """Upper bounds of `count` classes of equal width from zero, in round steps (1, 2, 2.5, 5 times ten)."""
    top = max(values, default=0)
    if top <= 0:
        return ()
    raw = top / count
    power = 10 ** math.floor(math.log10(raw)) if raw >= 1 else 1
    # In whole units: a step of 2.5 would be one of 2, and too short.
    steps = (int(power * factor) for factor in (1, 2, 2.5, 5, 10))
    step = next(each for each in steps if each >= max(raw, 1))
    return tuple(step * number for number in range(1, math.ceil(top / step) + 1))


def class_of(value: int | None, breaks: Sequence[int]) -> int:
    """0 for nothing, otherwise 1..n: the class whose bounds hold `value`."""
    if not value or value < 0 or not breaks:
        return 0
    return next((number for number, bound in enumerate(breaks, start=1) if value <= bound), len(breaks))


def map_svg(
    *,
    areas: Sequence[Area] = (),
    paths: Sequence[Path] = (),
    spots: Sequence[Spot] = (),
    title: str,
    size: tuple[int, int] = (880, 720),
    show_bound: Callable[[int], str] = str,
    legend: Sequence[LegendItem] = (),
    margin: int = 24,
) -> MapDrawing:
    """Draw the layers from below to above: areas, roads and rounds, points, labels, scale.

    `show_bound` writes the bounds of the shades in the legend (formatting.mass_short for masses).
    """
    everything = [point for area in areas for ring in area.rings for point in ring]
    everything += [point for path in paths for point in path.points_e6] if not areas else []
    everything += [(spot.lon_e6, spot.lat_e6) for spot in spots] if not areas else []
    project = Projection(everything, size, margin)
    breaks = class_breaks(area.value for area in areas if area.value is not None)
    labels = Labels(size)
    parts = [_area(area, project, breaks) for area in areas]
    parts += [_path(path, project) for path in paths]
    parts += [_spot(spot, project, labels) for spot in spots]
    parts += [_area_label(area, project, labels) for area in areas]
    parts += [_spot_label(spot, project, labels) for spot in spots if spot.label]
    parts.append(_scale(project, size))
    addresses = [area.href for area in areas] + [path.href for path in paths] + [spot.href for spot in spots]
    role = "group" if any(addresses) else "img"
    svg = Markup(
        '<svg class="map-svg" viewBox="0 0 {} {}" role="{}" aria-label="{}" data-map-svg>{}</svg>'
    ).format(size[0], size[1], role, title, Markup("").join(parts))
    shaded = any(area.value is not None for area in areas)
    return MapDrawing(svg, (*(value_legend(breaks, show_bound) if shaded else ()), *legend))


def value_legend(breaks: Sequence[int], show: Callable[[int], str]) -> tuple[LegendItem, ...]:
    """The shades of a map by value, from nothing upwards."""
    items = [LegendItem(show(0), "area shade-0", "area")]
    below = 0
    for number, bound in enumerate(breaks, start=1):
        items.append(
            LegendItem(
                f"{show(below)} – {show(bound)}" if below else f"≤ {show(bound)}",
                f"area shade-{_shade(number, breaks)}",
                "area",
            )
        )
        below = bound
    return tuple(items)


def _shade(number: int, breaks: Sequence[int]) -> int:
    # Few classes still use the whole range of shades, so that the map has contrast.
    return number if len(breaks) <= 1 else 1 + round((number - 1) * (CLASSES - 1) / (len(breaks) - 1))


def _line(points: Iterable[tuple[int, int]], project: Projection) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (project(*point) for point in points))


def _area(area: Area, project: Projection, breaks: Sequence[int]) -> Markup:
    outline = "".join(_line(ring, project) + "Z" for ring in area.rings)
    number = class_of(area.value, breaks)
    shade = "" if area.value is None else f" shade-{_shade(number, breaks) if number else 0}"
    shape = Markup('<path class="area{}{}" d="{}" fill-rule="evenodd">{}</path>').format(
        shade, " " + area.css if area.css else "", outline, titled(area.title or area.name)
    )
    return linked(shape, area.href, area.title or area.name)


def _path(path: Path, project: Projection) -> Markup:
    shape = Markup('<path class="line {}" d="{}">{}</path>').format(
        path.css, _line(path.points_e6, project), titled(path.title)
    )
    return linked(shape, path.href, path.title)


def _spot(spot: Spot, project: Projection, labels: Labels) -> Markup:
    x, y = project(spot.lon_e6, spot.lat_e6)
    labels.boxes.append((x - spot.radius, y - spot.radius, x + spot.radius, y + spot.radius))
    inner = Markup('<circle class="spot {}" cx="{:.1f}" cy="{:.1f}" r="{:g}">{}</circle>').format(
        spot.css, x, y, spot.radius, titled(spot.title or spot.label)
    )
    if spot.text:
        inner += Markup('<text class="spot-text" x="{:.1f}" y="{:.1f}" dy=".35em">{}</text>').format(
            x, y, spot.text
        )
    return linked(inner, spot.href, spot.title or spot.label)


def _area_label(area: Area, project: Projection, labels: Labels) -> Markup:
    x, y = project(*area.label_e6)
    half = max(text_width(area.name, 15), text_width(area.value_text, 13)) / 2 + 4
    high = 38 if area.value_text else 20
    offsets = [(0, 0), (0, -24), (0, 24), (-36, 0), (36, 0), (-36, -24), (36, 24), (0, -44), (0, 44)]
    boxes = [(x + dx - half, y + dy - high / 2, x + dx + half, y + dy + high / 2) for dx, dy in offsets]
    chosen = labels.place(boxes, must=True) or 0
    dx, dy = offsets[chosen]
    top = y + dy - (9 if area.value_text else 0)
    text = Markup('<text class="area-name" x="{:.1f}" y="{:.1f}" dy=".35em">{}</text>').format(
        x + dx, top, area.name
    )
    if area.value_text:
        text += Markup('<text class="area-value" x="{:.1f}" y="{:.1f}" dy=".35em">{}</text>').format(
            x + dx, top + 18, area.value_text
        )
    return Markup('<g class="area-label" aria-hidden="true">{}</g>').format(text)


def _spot_label(spot: Spot, project: Projection, labels: Labels) -> Markup:
    x, y = project(spot.lon_e6, spot.lat_e6)
    wide, gap = text_width(spot.label, 12) + 2, spot.radius + 4
    anchors = [
        ("start", x + gap, y, (x + gap, y - 8, x + gap + wide, y + 8)),
        ("end", x - gap, y, (x - gap - wide, y - 8, x - gap, y + 8)),
        ("middle", x, y - gap - 7, (x - wide / 2, y - gap - 15, x + wide / 2, y - gap)),
        ("middle", x, y + gap + 7, (x - wide / 2, y + gap, x + wide / 2, y + gap + 15)),
    ]
    chosen = labels.place([box for *_, box in anchors], must=False)
    if chosen is None:
        return Markup("")
    anchor, at_x, at_y, _box = anchors[chosen]
    return Markup(
        '<text class="spot-label" x="{:.1f}" y="{:.1f}" dy=".35em" text-anchor="{}" '
        'aria-hidden="true">{}</text>'
    ).format(at_x, at_y, anchor, spot.label)


def _scale(project: Projection, size: tuple[int, int]) -> Markup:
    distance_km = next((km for km in (1, 2, 5, 10, 20, 50) if project.pixels_of_km(km) >= 60), 100)
    wide, x, y = project.pixels_of_km(distance_km), 20, size[1] - 20
    return Markup(
        '<g class="map-scale" aria-hidden="true" data-map-scale="{}">'
        '<path d="M{} {}v6h{:.1f}v-6"></path><text x="{:.1f}" y="{}">{} km</text></g>'
    ).format(distance_km, x, y - 6, wide, x + wide + 6, y, distance_km)


def highlighted(areas: Sequence[Area], key: str) -> tuple[Area, ...]:
    """The same areas with one of them marked as chosen."""
    return tuple(replace(area, css="area-chosen") if area.key == key else area for area in areas)


__all__ = [
    "Area",
    "Bar",
    "LegendItem",
    "MapDrawing",
    "Path",
    "Spot",
    "areas_from_geojson",
    "bars_svg",
    "class_breaks",
    "class_of",
    "columns_svg",
    "flow_svg",
    "highlighted",
    "map_svg",
    "paths_from_geojson",
    "route_css",
]
