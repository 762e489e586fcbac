"""Where things stand on a map: the projection, and labels that do not cover each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

KM_PER_DEGREE = 111.32


class Projection:
    """Mercator, fitted into `size` with a margin."""

    def __init__(self, points: Sequence[tuple[int, int]], size: tuple[int, int], margin: int) -> None:
        flat = [self._flat(lon, lat) for lon, lat in points] or [(0.0, 0.0)]
        west, east = min(x for x, _ in flat), max(x for x, _ in flat)
        south, north = min(y for _, y in flat), max(y for _, y in flat)
        width, height = max(east - west, 1e-9), max(north - south, 1e-9)
        self.scale = min((size[0] - 2 * margin) / width, (size[1] - 2 * margin) / height)
        self.left = (size[0] - width * self.scale) / 2 - west * self.scale
        self.top = (size[1] - height * self.scale) / 2 + north * self.scale
        self.middle_lat = math.degrees(2 * math.atan(math.exp((south + north) / 2)) - math.pi / 2)

    @staticmethod
    def _flat(lon_e6: int, lat_e6: int) -> tuple[float, float]:
        latitude = math.radians(lat_e6 / 1e6)
        return math.radians(lon_e6 / 1e6), math.log(math.tan(math.pi / 4 + latitude / 2))

    def __call__(self, lon_e6: int, lat_e6: int) -> tuple[float, float]:
        x, y = self._flat(lon_e6, lat_e6)
        return self.left + x * self.scale, self.top - y * self.scale

    def pixels_of_km(self, distance_km: float) -> float:
        degrees = distance_km / (KM_PER_DEGREE * math.cos(math.radians(self.middle_lat)))
        return math.radians(degrees) * self.scale


class Labels:
    """Places texts so that none covers another."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.boxes: list[tuple[float, float, float, float]] = []

    def overlap(self, box: tuple[float, float, float, float]) -> float:
        left, top, right, bottom = box
        outside = max(0, -left) + max(0, -top) + max(0, right - self.size[0]) + max(0, bottom - self.size[1])
        covered = sum(
            max(0, min(right, b[2]) - max(left, b[0])) * max(0, min(bottom, b[3]) - max(top, b[1]))
            for b in self.boxes
        )
        return covered + outside * 100

    def place(self, candidates: Sequence[tuple[float, float, float, float]], *, must: bool) -> int | None:
        """Index of the first free candidate; without one the least bad if it must be shown, else None."""
        costs = [self.overlap(box) for box in candidates]
        best = min(
            range(len(costs)), key=lambda index: (costs[index] > 0, costs[index] if must else 0, index)
        )
        if costs[best] > 0 and not must:
            return None
        self.boxes.append(candidates[best])
        return best


def text_width(text: str, size_px: float) -> float:
    """Roughly how wide a text is: a Chinese character is as wide as high, others a little over half."""
    return sum(size_px if ord(character) > 0x2E7F else size_px * 0.56 for character in text)
