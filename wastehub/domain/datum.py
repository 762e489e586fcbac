"""Coordinates for other people's maps: WGS-84 (ours, and a phone's) -> GCJ-02 -> BD-09.

Chinese map services draw in GCJ-02 (Amap, Tencent) or BD-09 (Baidu); a WGS-84 point laid on them lies
300-600 m off. The two formulas are those in general use, not published by the authorities; the reference
points of tests/domain/test_datum.py are those of the open implementations. Millionths of degrees in and out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

# Krassowski 1940, which the offset is computed on.
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
# Outside this box nothing is shifted.
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
BD_TURN = math.pi * 3000.0 / 180.0


class Point(NamedTuple):
    """A place in millionths of degrees."""

    lon_e6: int
    lat_e6: int

    @property
    def degrees(self) -> tuple[float, float]:
        return self.lon_e6 / 1e6, self.lat_e6 / 1e6


def gcj02(point: Point) -> Point:
    """A WGS-84 point as Amap and Tencent draw it."""
    lon, lat = point.degrees
    if not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
        return point
    east, north = _offsets(lon - 105.0, lat - 35.0)
    slope = math.radians(lat)
    flat = 1.0 - ECCENTRICITY_SQUARED * math.sin(slope) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (flat * math.sqrt(flat))
    parallel_m = SEMI_MAJOR_M / math.sqrt(flat) * math.cos(slope)
    return _point(lon + math.degrees(east / parallel_m), lat + math.degrees(north / meridian_m))


def bd09(point: Point) -> Point:
    """A GCJ-02 point as Baidu draws it."""
    lon, lat = point.degrees
    far = math.hypot(lon, lat) + 0.00002 * math.sin(lat * BD_TURN)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * BD_TURN)
    return _point(far * math.cos(angle) + 0.0065, far * math.sin(angle) + 0.006)


def _point(lon: float, lat: float) -> Point:
    return Point(round(lon * 1e6), round(lat * 1e6))


def _offsets(x: float, y: float) -> tuple[float, float]:
    """Metres to the east and to the north, of a point `x`, `y` degrees from 105 E 35 N."""
    waves = _waves(x, (20.0, 6.0), (20.0, 2.0))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += _waves(x, (20.0, 1.0), (40.0, 1 / 3)) + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += _waves(y, (20.0, 1.0), (40.0, 1 / 3)) + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))
    return east, north


def _waves(at: float, *parts: tuple[float, float]) -> float:
    return sum(height * math.sin(often * at * math.pi) for height, often in parts) * 2.0 / 3.0
