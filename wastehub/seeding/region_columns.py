"""What each column of a city's CSV files may hold, and which columns name a row."""

from __future__ import annotations

import re

from . import csv_rows as csv
from .csv_rows import Cell
from .reference import CERTAINTY, SOURCE

AREA = csv.pattern(r"\d{6,12}")
LON_E6 = csv.scaled(1_000_000, -180_000_000, 180_000_000)
LAT_E6 = csv.scaled(1_000_000, -90_000_000, 90_000_000)
TONNES_G = csv.scaled(1_000_000, 1, 10**14)
SHARE_PPM = csv.scaled(1_000_000, 0, 1_000_000)
COUNT = csv.integer(0, 1_000_000)
CODE = csv.pattern(r"[A-Z0-9-]{3,32}")
CODES = csv.names()

_PLACE: dict[str, Cell] = {"lon": LON_E6, "lat": LAT_E6}
_DATED: dict[str, Cell] = {"effective_from_on": csv.day, "effective_until_on": csv.maybe(csv.day)}


def _waste_mix(value: str) -> tuple[tuple[str, int], ...]:
    """ "900-214-08:55;900-041-49:45": percent by mass of each code."""
    parts = [re.fullmatch(r"(\d{3}-\d{3}-\d{2}):(\d{1,3})", part) for part in value.split(";")]
    mix = tuple((part[1], int(part[2])) for part in parts if part is not None)
    if len(mix) != len(parts) or sum(percent for _, percent in mix) != 100:
        raise ValueError(f"{value!r} is no list of code:percent that adds up to 100")
    return mix


FILES: dict[str, tuple[tuple[str, ...], dict[str, Cell]]] = {
    "areas": (
        ("code",),
        {
            "code": AREA,
            "parent_code": csv.maybe(AREA),
            "level": csv.choice("city", "county", "town"),
            "name_zh": csv.text(60),
            "name_en": csv.text(120),
            **_PLACE,
            "industrial_weight": csv.maybe(SHARE_PPM),
            "certainty": csv.text(200),
            "source": SOURCE,
        },
    ),
    "authorities": (
        ("code",),
        {
            "code": CODE,
            "county_code": csv.maybe(AREA),
            "name": csv.text(120),
            "short_name": csv.text(60),
        },
    ),
    "platforms": (
        ("code",),
        {
            "code": CODE,
            "county_code": AREA,
            "town_code": AREA,
            "name": csv.text(120),
            "short_name": csv.text(60),
            "credit_code": csv.pattern(r"[0-9A-Z]{18}"),
            "address": csv.text(200),
            **_PLACE,
            "licensed_t_per_year": TONNES_G,
            "storage_t": TONNES_G,
            "opens": csv.clock_s,
            "closes": csv.clock_s,
            "demo_flows": csv.flag,
            "source": SOURCE,
            "certainty": csv.text(400),
        },
    ),
    "plants": (
        ("code",),
        {
            "code": CODE,
            "county_code": csv.maybe(AREA),
            "name": csv.text(120),
            "short_name": csv.text(60),
            "credit_code": csv.maybe(csv.pattern(r"[0-9A-Z]{18}")),
            "address": csv.text(200),
            **_PLACE,
            "licensed_t_per_year": csv.maybe(TONNES_G),
            "storage_t": csv.maybe(TONNES_G),
            "process_zh": csv.text(200),
            "published": csv.flag,
            "demo_flows": csv.flag,
            "source": SOURCE,
            "certainty": csv.text(400),
        },
    ),
    "plant_methods": (
        ("plant_code", "covers"),
        {"plant_code": CODE, "covers": csv.text(10), "method_code": csv.text(4)},
    ),
    "permits": (
        ("number",),
        {
            "organisation_code": CODE,
            "number": csv.text(40),
            "kind": csv.choice("comprehensive", "collection", "transport"),
            "valid_from_on": csv.day,
            "valid_until_on": csv.day,
            "annual_quota_t": csv.maybe(TONNES_G),
            "covers": CODES,
        },
    ),
    "zones": (
        ("platform_code", "code"),
        {
            "platform_code": CODE,
            "code": csv.text(12),
            "name_zh": csv.text(60),
            "name_en": csv.text(60),
            "capacity_t": TONNES_G,
            "groups": CODES,
            "adjacent": CODES,
        },
    ),
    "vehicles": (
        ("plate",),
        {
            "platform_code": CODE,
            "plate": csv.text(16),
            "use": csv.choice("collection", "outbound"),
            "kind_zh": csv.text(40),
            "kind_en": csv.text(40),
            "capacity_kg": csv.scaled(1000, 1, 10**8),
            "volume_l": csv.integer(1, 200_000),
            "places_milli": csv.integer(1, 200_000),
            "partitioned": csv.flag,
            "permit_number": csv.text(40),
            "permit_valid_until_on": csv.day,
            "fixed_cost_fen": COUNT,
            "cost_per_km_fen": COUNT,
            "cost_per_h_fen": COUNT,
            "shift_starts": csv.clock_s,
            "shift_ends": csv.clock_s,
            "shift_max_min": csv.integer(1, 24 * 60),
            "trips_max": csv.integer(1, 20),
            "categories": CODES,
        },
    ),
    "crews": (
        ("certificate_no",),
        {
            "platform_code": CODE,
            "kind": csv.choice("driver", "escort"),
            "name": csv.text(40),
            "certificate_no": csv.text(40),
            "certificate_valid_until_on": csv.day,
            "plate": csv.maybe(csv.text(16)),
        },
    ),
    "tariffs": (
        ("category_code", "effective_from_on"),
        {
            "category_code": csv.text(4),
            "price_fen_per_kg": COUNT,
            "minimum_fen": COUNT,
            **_DATED,
            "certainty": CERTAINTY,
            "source": SOURCE,
        },
    ),
    "estates": (
        ("code",),
        {
            "code": CODE,
            "county_code": AREA,
            "name_zh": csv.text(60),
            "level": csv.choice("national", "provincial", "town"),
            **_PLACE,
            "main_industries": csv.text(200),
            "certainty": csv.text(400),
        },
    ),
    "generators": (
        ("county_code",),
        {
            "county_code": AREA,
            "generators_4416": COUNT,
            "generators_5015": COUNT,
            "mean_t_per_year": TONNES_G,
            "total_t_per_year": TONNES_G,
            "source": SOURCE,
            "certainty": csv.text(400),
        },
    ),
    "industries": (
        ("county_code", "industry"),
        {
            "county_code": AREA,
            "industry": csv.text(30),
            "share": SHARE_PPM,
            "generators_of_4416": COUNT,
            "mean_t_per_year": TONNES_G,
            "waste_mix": _waste_mix,
            "source": SOURCE,
            "certainty": csv.text(400),
        },
    ),
}
