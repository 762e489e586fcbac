"""Invented firms: as many per county, town and industry as the region's figures say, with their waste."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ..domain import credit_codes, plan_classes
from ..services.enrolment import FirmDraft
from .csv_rows import Row
from .names import firm_name
from .packing import PACKING
from .region_files import RegionFiles

Ring = Sequence[Sequence[float]]

# Yearly mass: lognormal around the industry's mean, cut off; the published means come out within a tenth.
SIGMA = 1.1
ANNUAL_MIN_G, ANNUAL_MAX_G = 50_000, 20_000_000
PICKUP_USUAL_G = 1_000_000
PICKUPS_MAX = 12
STORE_FROM_G = 12_000_000  # larger firms have a store 贮存库 rather than a point 贮存点
ESTATE_SHARE = 0.4
ESTATE_WEIGHT = {"national": 3, "provincial": 2, "town": 1}
JITTER_DEG = 0.009  # about one kilometre
OPENING_HOURS = ((28_800, 61_200), (27_000, 59_400), (30_600, 63_000), (28_800, 64_800))


@dataclass(frozen=True, slots=True)
class DemoFirm:
    """A firm to be enrolled and what it produces. `streams`: waste code -> share in percent."""

    draft: FirmDraft
    industry: str
    streams: tuple[tuple[str, int], ...]
    annual_g: int
    pickups: int

    @property
    def pickup_g(self) -> int:
        """What one visit fetches."""
        return self.annual_g // self.pickups


def invent(region: RegionFiles, *, count: int, seed: int) -> list[DemoFirm]:
    """`count` firms of the region; the same for the same seed."""
    rng = Random(f"firms/{seed}")
    counties = {row["code"]: row for row in region.tables["areas"] if row["level"] == "county"}
    weights = {row["county_code"]: row["generators_4416"] for row in region.tables["generators"]}
    industries = {row["code"]: row["name_zh"] for row in _industries()}
    land = _Land(region)
    firms: list[DemoFirm] = []
    for county, number in apportioned(weights, count).items():
        lines = [row for row in region.tables["industries"] if row["county_code"] == county]
        shares = apportioned({at: row["share"] for at, row in enumerate(lines)}, number)
        chosen = [lines[at] for at, times in shares.items() for _ in range(times)]
        rng.shuffle(chosen)
        for line in chosen:
            serial = len(firms) + 1
            firms.append(_firm(rng, counties[county], line, industries[line["industry"]], land, serial))
    return firms


def _industries() -> list[Row]:
    from . import csv_rows
    from .reference import FILES, data_dir

    key, cells = FILES["industries"]
    return csv_rows.read(data_dir("seed") / "reference" / "industries.csv", cells, key=key)


def apportioned(weights: Mapping[Any, int], total: int) -> dict[Any, int]:
    """`total` shared by weight in whole numbers, largest remainders first."""
    whole = sum(weights.values())
    shares = {key: total * weight // whole for key, weight in weights.items()}
    by_rest = sorted(weights, key=lambda key: -(total * weights[key] % whole))
    for key in by_rest[: total - sum(shares.values())]:
        shares[key] += 1
    return shares


def _firm(rng: Random, county: Row, line: Row, industry_zh: str, land: _Land, serial: int) -> DemoFirm:
    name, short = firm_name(rng, county_zh=county["name_zh"], industry=line["industry"], serial=serial)
    lon_e6, lat_e6, town = land.place(rng, county["code"])
    annual_g = _annual_g(rng, line["mean_t_per_year"])
    open_s, close_s = rng.choice(OPENING_HOURS)
    draft = FirmDraft(
        name=name,
        short_name=short,
        credit_code=credit_codes.demo_code(county["code"], serial),
        county_code=county["code"],
        town_code=town["code"],
        address=f"{county['name_zh']}{town['name_zh']}（示例位置）",
        lon_e6=lon_e6,
        lat_e6=lat_e6,
        industry=line["industry"],
        industry_zh=industry_zh,
        management_class=plan_classes.management_class(annual_g),
        storage_kind="store" if annual_g >= STORE_FROM_G else "point",
        contact_name="示例联系人",
        contact_phone=f"0573-0000{serial % 10_000:04d}",
        emergency_phone="0573-00000000",
        open_s=open_s,
        close_s=close_s,
        demo=True,
    )
    pickups = min(PICKUPS_MAX, max(1, math.ceil(annual_g / PICKUP_USUAL_G)))
    return DemoFirm(draft, line["industry"], _streams(rng, line["waste_mix"], annual_g), annual_g, pickups)


def _annual_g(rng: Random, mean_g: int) -> int:
    median_g = mean_g / math.exp(SIGMA**2 / 2)
    drawn_g = rng.lognormvariate(math.log(median_g), SIGMA)
    return int(min(ANNUAL_MAX_G, max(ANNUAL_MIN_G, drawn_g)))


def _streams(rng: Random, mix: Iterable[tuple[str, int]], annual_g: int) -> tuple[tuple[str, int], ...]:
    """The wastes of one firm: a small one has two or three of its industry's, a large one has them all."""
    known = [(code, share) for code, share in mix if code in PACKING]
    most = 2 if annual_g < 1_000_000 else 3 if annual_g < 5_000_000 else len(known)
    chosen: list[tuple[str, int]] = []
    rest = list(known)
    while rest and len(chosen) < most:
        picked = rng.choices(rest, weights=[share for _, share in rest])[0]
        rest.remove(picked)
        chosen.append(picked)
    whole = sum(share for _, share in chosen)
    return tuple((code, share * 100 // whole or 1) for code, share in sorted(chosen))


class _Land:
    """Towns and estates of each county, and the cells in which firms may lie."""

    def __init__(self, region: RegionFiles) -> None:
        from .. import regions

        cells = regions.Region(region.code, region.folder, region.settings).geojson("town_cells")
        self.cells = {
            feature["properties"]["code"]: feature["geometry"]["coordinates"][0]
            for feature in cells["features"]
        }
        self.towns: dict[str, list[Row]] = {}
        self.estates: dict[str, list[Row]] = {}
        for row in region.tables["areas"]:
            if row["level"] == "town":
                self.towns.setdefault(row["parent_code"], []).append(row)
        for row in region.tables["estates"]:
            self.estates.setdefault(row["county_code"], []).append(row)

    def place(self, rng: Random, county: str) -> tuple[int, int, Row]:
        """A position in the county, in micro-degrees, and the town whose cell it lies in."""
        estates = self.estates.get(county, [])
        if estates and rng.random() < ESTATE_SHARE:
            around = rng.choices(estates, weights=[ESTATE_WEIGHT[row["level"]] for row in estates])[0]
            for _ in range(4):
                found = self._near(rng, around, self.towns[county])
                if found is not None:
                    return found
        towns = self.towns[county]
        town = rng.choices(towns, weights=[row["industrial_weight"] or 1 for row in towns])[0]
        for _ in range(6):
            found = self._near(rng, town, [town])
            if found is not None:
                return found
        return town["lon"] + rng.randint(-400, 400), town["lat"] + rng.randint(-400, 400), town

    def _near(self, rng: Random, centre: Row, towns: Sequence[Row]) -> tuple[int, int, Row] | None:
        lon = centre["lon"] / 1e6 + rng.gauss(0, JITTER_DEG)
        lat = centre["lat"] / 1e6 + rng.gauss(0, JITTER_DEG)
        for town in towns:
            if inside(lon, lat, self.cells[town["code"]]):
                return round(lon * 1e5) * 10, round(lat * 1e5) * 10, town
        return None


def inside(lon: float, lat: float, ring: Ring) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    within = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > lat) != (by > lat) and lon < (bx - ax) * (lat - ay) / (by - ay) + ax:
            within = not within
    return within
