"""Rounds on the region's map: pure drawing of rows that are already loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _

from .. import regions
from ..models.duty import VehiclePosition
from ..models.organisations import Organisation
from ..models.route_plans import Round
from ..services.duty import RoundDuty
from . import formatting
from .drawing import (
    LegendItem,
    MapDrawing,
    Path,
    Spot,
    areas_from_geojson,
    map_svg,
    paths_from_geojson,
    route_css,
)
from .locale import select_locale

# Older than this a position says where the vehicle was.
POSITION_FRESH = timedelta(minutes=15)


def live_spots(duties: Iterable[RoundDuty], now: datetime) -> list[Spot]:
    """Where vehicles were seen last."""
    return [
        Spot(
            each.position.lon_e6,
            each.position.lat_e6,
            "spot-live" if now - each.position.at <= POSITION_FRESH else "spot-live spot-live-old",
            title=f"{each.round.vehicle.plate} {formatting.at(each.position.at)}",
            label=each.round.vehicle.plate,
            radius=8,
        )
        for each in duties
        if each.position is not None
    ]


def region_map(
    region: str,
    rounds: Sequence[Round],
    waiting: Iterable[Organisation] = (),
    *,
    numbered: bool = False,
    vehicles: Sequence[Spot] = (),
) -> MapDrawing:
    """Counties, roads, platforms, each round as a line; firms left out stand out."""
    pack = regions.load(region)
    platforms = {row.platform.id: row.platform for row in rounds}
    return map_svg(
        areas=areas_from_geojson(
            pack.geojson("counties"), name="name_en" if select_locale() == "en" else "name_zh"
        ),
        paths=[*paths_from_geojson(pack.geojson("roads")), *_lines(rounds)],
        spots=[*_stops(rounds, numbered), *_platforms(platforms.values()), *_left(waiting), *vehicles],
        title=_("收运路线"),
        legend=[*_legend(rounds, numbered), *_vehicle_legend(vehicles)],
    )


def round_map(region: str, row: Round, track: Sequence[VehiclePosition] = ()) -> MapDrawing:
    """One round close up, its stops numbered in the order of the visit; `track`: where it was."""
    pack = regions.load(region)
    lines, stops = _lines([row]), _stops([row], numbered=True)
    spots = [*_track(track), *stops, *_platforms([row.platform])]
    if len(track) > 1:
        lines.append(Path(tuple((each.lon_e6, each.lat_e6) for each in track), "track"))
    lons, lats = [s.lon_e6 for s in spots], [s.lat_e6 for s in spots]
    room = 15_000
    box = (min(lons) - room, min(lats) - room, max(lons) + room, max(lats) + room)
    roads = [
        path
        for path in paths_from_geojson(pack.geojson("roads"))
        if all(box[0] <= lon <= box[2] and box[1] <= lat <= box[3] for lon, lat in path.points_e6)
    ]
    return map_svg(
        paths=[*roads, *lines],
        spots=spots,
        title=_("收运路线"),
        legend=[
            *_legend([row], numbered=True),
            *([LegendItem(_("行驶轨迹"), "line track", "line")] if track else []),
        ],
        margin=40,
    )


def _track(track: Sequence[VehiclePosition]) -> list[Spot]:
    return [
        Spot(each.lon_e6, each.lat_e6, "spot-track", title=formatting.at(each.at, seconds=True), radius=2.5)
        for each in track
    ]


def _vehicle_legend(vehicles: Sequence[Spot]) -> list[LegendItem]:
    return [LegendItem(_("车辆最近位置"), "spot spot-live", "spot")] if vehicles else []


def _lines(rounds: Sequence[Round]) -> list[Path]:
    found = []
    for number, row in enumerate(rounds):
        home = (row.platform.lon_e6, row.platform.lat_e6)
        for trip in row.trips:
            points = [(s.request.enterprise.lon_e6, s.request.enterprise.lat_e6) for s in trip.stops]
            if points and trip.state != "cancelled":
                # One colour per round in an overview, one per trip when a single round is drawn.
                css = route_css(number if len(rounds) > 1 else trip.seq - 1)
                found.append(Path((home, *points, home), css, title=f"{row.round_no} · {trip.seq}"))
    return found


def _stops(rounds: Sequence[Round], numbered: bool) -> list[Spot]:
    found = []
    for number, row in enumerate(rounds):
        running = 0
        for trip in row.trips:
            for stop in trip.stops:
                running += 1
                firm = stop.request.enterprise
                about = (formatting.clock(stop.arrive_s), firm.name, formatting.mass(stop.planned_g))
                colour = (number if len(rounds) > 1 else trip.seq - 1) % 8
                found.append(
                    Spot(
                        firm.lon_e6,
                        firm.lat_e6,
                        f"stop route-spot-{colour}",
                        title=" ".join(about),
                        text=str(running) if numbered else "",
                        radius=9 if numbered else 4,
                    )
                )
    return found


def _platforms(platforms: Iterable[Organisation]) -> list[Spot]:
    return [
        Spot(row.lon_e6, row.lat_e6, "site-platform", title=row.name, label=row.short_name, radius=6)
        for row in platforms
    ]


def _left(firms: Iterable[Organisation]) -> list[Spot]:
    return [Spot(row.lon_e6, row.lat_e6, "spot-bad", title=row.name, radius=5) for row in firms]


def _legend(rounds: Sequence[Round], numbered: bool) -> list[LegendItem]:
    items = [LegendItem(_("收集平台"), "spot site-platform", "spot")]
    if numbered and len(rounds) == 1:
        for trip in rounds[0].trips:
            items.append(LegendItem(_("第 %(trip)s 趟", trip=trip.seq), route_css(trip.seq - 1), "line"))
    else:
        items.append(LegendItem(_("未排入的单位"), "spot spot-bad", "spot"))
    return items
