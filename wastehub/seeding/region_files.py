"""The folder of one city (seed/regions/<name>): read, and checked in itself.

Another city is another folder with the same files; the columns stand in region_columns.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..paths import data_dir
from . import csv_rows as csv
from .csv_rows import Row, SeedError
from .reference import check_folder, check_periods
from .region_columns import FILES

LAYERS = ("counties", "town_cells", "roads")


@dataclass(frozen=True)
class RegionFiles:
    """A city's folder in memory. `tables` holds the rows of each CSV file by its name."""

    folder: Path
    code: str
    settings: dict[str, Any]
    tables: dict[str, list[Row]]

    def codes(self, table: str, column: str = "code") -> set[str]:
        return {row[column] for row in self.tables[table]}

    def areas(self, level: str) -> set[str]:
        return {row["code"] for row in self.tables["areas"] if row["level"] == level}

    def file(self, name: str) -> str:
        return csv.shown(self.folder / name)


def region_folder(name: str) -> Path:
    """seed/regions/<name>. Raises SeedError with the names there are."""
    regions = data_dir("seed") / "regions"
    known = sorted(path.name for path in regions.iterdir() if (path / "region.toml").is_file())
    if name not in known:
        raise SeedError(f"seed/regions: there is no region {name!r}; there are {', '.join(known)}")
    return regions / name


def read_region(folder: Path) -> RegionFiles:
    """All files of the folder; each cell, and every reference inside the folder, is checked.

    Raises SeedError with file and line.
    """
    layers = {f"{name}.geojson" for name in LAYERS}
    check_folder(folder, {f"{name}.csv" for name in FILES} | layers | {"region.toml"})
    settings = _settings(folder / "region.toml")
    tables = {name: csv.read(folder / f"{name}.csv", cells, key=key) for name, (key, cells) in FILES.items()}
    region = RegionFiles(folder, settings["region"]["code"], settings, tables)
    check_periods(tables["tariffs"])
    _check_areas(region)
    _check_neighbours(region)
    _check_sites(region)
    _check_layers(region)
    return region


# --- region.toml ------------------------------------------------------------------------------------

_STRING = str
_TOML: dict[str, dict[str, type]] = {
    "region": {
        "code": _STRING,
        "name_zh": _STRING,
        "name_en": _STRING,
        "province_code": _STRING,
        "city_code": _STRING,
        "city_area": _STRING,
        "demo": bool,
    },
    "map": {"credit_zh": _STRING, "credit_en": _STRING},
}


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SeedError(f"{csv.shown(path)}: the file is missing")
    words = path.read_text(encoding="utf-8")
    try:
        settings = tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        where = f"{csv.shown(path)}:{found[1]}" if found else csv.shown(path)
        raise SeedError(f"{where}: {error}") from None
    expected = {*_TOML, "neighbours"}
    for section in (*settings, *expected):
        if section not in expected or not isinstance(settings.get(section), dict):
            raise _toml_fault(path, words, section, f"section [{section}] is missing or not known")
    for section, keys in _TOML.items():
        for key in (*settings[section], *keys):
            if key not in keys or not isinstance(settings[section].get(key), keys[key]):
                raise _toml_fault(
                    path, words, key, f"{section}.{key} is missing, not known or of a wrong kind"
                )
    return settings


def _toml_fault(path: Path, words: str, key: str, message: str) -> SeedError:
    """The line that names the key; line 1 when none does."""
    lines = words.splitlines()
    line = next((i for i, text in enumerate(lines, 1) if re.match(rf'\s*\[?"?{re.escape(key)}\b', text)), 1)
    return SeedError(f"{csv.shown(path)}:{line}: {message}")


def _region_fault(region: RegionFiles, key: str, message: str) -> SeedError:
    path = region.folder / "region.toml"
    return _toml_fault(path, path.read_text(encoding="utf-8"), key, message)


# --- references inside the folder -------------------------------------------------------------------


def _check_areas(region: RegionFiles) -> None:
    levels = {row["code"]: row["level"] for row in region.tables["areas"]}
    above = {"city": None, "county": "city", "town": "county"}
    for row in region.tables["areas"]:
        parent = row["parent_code"]
        if parent is not None and parent not in levels:
            raise row.fault(f"unknown area {parent!r} in parent_code")
        if levels.get(parent) != above[row["level"]]:
            raise row.fault(f"a {row['level']} does not lie in {parent!r}")
    if region.settings["region"]["city_area"] not in region.areas("city"):
        raise _region_fault(region, "city_area", "region.city_area is no city of areas.csv")


def _check_neighbours(region: RegionFiles) -> None:
    counties = region.areas("county")
    for county, others in region.settings["neighbours"].items():
        for name in (county, *others):
            if name not in counties:
                raise _region_fault(region, county, f"unknown county {name!r} in [neighbours]")


def _check_sites(region: RegionFiles) -> None:
    """Units lie in known areas; what belongs to a unit names a known one."""
    counties, towns = region.areas("county"), region.areas("town")
    for name in ("authorities", "platforms", "plants", "estates", "generators", "industries"):
        for row in region.tables[name]:
            row.require("county_code", counties, "county")
    for row in region.tables["platforms"]:
        row.require("town_code", towns, "town")
    platforms, plants = region.codes("platforms"), region.codes("plants")
    plates = region.codes("vehicles", "plate")
    for name in ("zones", "vehicles", "crews"):
        for row in region.tables[name]:
            row.require("platform_code", platforms, "platform")
    for row in region.tables["plant_methods"]:
        row.require("plant_code", plants, "plant")
    for row in region.tables["permits"]:
        row.require("organisation_code", platforms | plants, "unit")
        if row["valid_until_on"] < row["valid_from_on"]:
            raise row.fault("valid_until_on lies before valid_from_on")
    for row in region.tables["crews"]:
        row.require("plate", plates, "vehicle")


# --- map layers -------------------------------------------------------------------------------------


def _check_layers(region: RegionFiles) -> None:
    counties, towns = _layer(region, "counties"), _layer(region, "town_cells")
    _same_areas(region, "counties", {f["properties"].get("adcode") for f in counties}, region.areas("county"))
    _same_areas(region, "town_cells", {f["properties"].get("code") for f in towns}, region.areas("town"))
    roads = _layer(region, "roads")
    nodes = {f["properties"]["id"] for f in roads if f["geometry"]["type"] == "Point"}
    for index, road in enumerate(roads):
        end = road["properties"]
        if road["geometry"]["type"] == "LineString" and not {end.get("from"), end.get("to")} <= nodes:
            raise SeedError(f"{region.file('roads.geojson')}: features[{index}] leads to an unknown point")


def _layer(region: RegionFiles, name: str) -> list[dict[str, Any]]:
    path = region.folder / f"{name}.geojson"
    try:
        features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SeedError(f"{csv.shown(path)}: no readable GeoJSON ({error})") from None
    _require(features, path, lambda f: isinstance(f.get("properties"), dict), "has no properties")
    _require(features, path, lambda f: isinstance(f.get("geometry"), dict), "has no geometry")
    return features


def _require(
    features: list[dict[str, Any]], path: Path, holds: Callable[[dict[str, Any]], bool], fault: str
) -> None:
    for index, feature in enumerate(features):
        if not holds(feature):
            raise SeedError(f"{csv.shown(path)}: features[{index}] {fault}")


def _same_areas(region: RegionFiles, layer: str, drawn: set[Any], listed: set[str]) -> None:
    if drawn != listed:
        odd = sorted(map(str, drawn ^ listed))
        raise SeedError(f"{region.file(f'{layer}.geojson')}: differs from areas.csv in {', '.join(odd[:5])}")
