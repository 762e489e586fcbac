"""A city's folder against the statutory lists: what its units may do, and where their zones may lie."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain import credit_codes, waste_codes
from ..domain.errors import InvalidInput
from ..domain.segregation import Matrix, Relation
from ..models import reference
from ..models.reference import WasteCategory, WasteCode
from .csv_rows import Row, SeedError
from .region_files import RegionFiles

DEMO_MARK = "示例"  # "example": stands in the name of every invented unit


def check_against_law(session: Session, region: RegionFiles) -> None:
    """Every code, group and method is known, demo units say so, zones and permits fit the matrix.

    Raises SeedError with file and line.
    """
    categories = set(session.scalars(select(WasteCategory.code)))
    if not categories:
        raise SeedError(f"{region.file('region.toml')}: load the reference data before a region")
    defaults = {code: group for code, group in session.execute(select(WasteCode.code, WasteCode.group_code))}
    _check_coverage(session, region, categories, defaults.keys())
    _check_demo(region)
    pairs = reference.matrix(session)
    _check_zones(region, Matrix({pair: Relation(name) for pair, name in pairs.items()}), defaults)


def _check_coverage(session: Session, region: RegionFiles, categories: set[str], codes: Any) -> None:
    industries = set(session.scalars(select(reference.Industry.code)))
    coverable = categories | set(codes)
    for row in region.tables["permits"]:
        row.require("covers", coverable, "category or code")
    for row in region.tables["plant_methods"]:
        row.require("covers", coverable, "category or code")
        row.require("method_code", reference.method_codes(session), "method code")
    for row in region.tables["vehicles"]:
        row.require("categories", categories, "category")
    for row in region.tables["tariffs"]:
        row.require("category_code", categories, "category")
    for row in region.tables["industries"]:
        row.require("industry", industries, "industry")
        for code, _percent in row["waste_mix"]:
            if code not in codes:
                raise row.fault(f"unknown waste code {code!r} in waste_mix")


def _check_demo(region: RegionFiles) -> None:
    """No demo kilogram goes to a real firm: demo flows need an invented unit that says so."""
    for row in (*region.tables["platforms"], *region.tables["plants"]):
        invented = DEMO_MARK in row["name"]
        if row["demo_flows"] and not invented:
            raise row.fault(f"demo flows to a unit whose name does not say {DEMO_MARK}")
        if row.values.get("published", not invented) == invented:
            raise row.fault(f"a published unit is real, any other says {DEMO_MARK}")
        code = row["credit_code"]
        if code is None:
            continue
        try:
            credit_codes.validate(code)
        except InvalidInput as error:
            raise row.fault(str(error)) from None
        if credit_codes.is_demo_code(code) != invented:
            raise row.fault(f"{code} belongs to an invented unit, the name to a real one, or the reverse")


def _check_zones(region: RegionFiles, matrix: Matrix, defaults: Mapping[str, str | None]) -> None:
    by_platform: dict[str, dict[str, Row]] = {}
    for row in region.tables["zones"]:
        row.require("groups", matrix.groups, "group")
        by_platform.setdefault(row["platform_code"], {})[row["code"]] = row
        for a, b in combinations(row["groups"], 2):
            if not matrix.may_share_zone(a, b):
                raise row.fault(f"{a} and {b} may not stand in one zone ({matrix.relation(a, b)})")
    for zones in by_platform.values():
        _check_adjacent(zones, matrix)
    for row in region.tables["permits"]:
        if row["organisation_code"] in by_platform and row["kind"] != "transport":
            _check_room(row, by_platform[row["organisation_code"]], defaults)


def _check_adjacent(zones: dict[str, Row], matrix: Matrix) -> None:
    """Forbidden groups may not adjoin, and unclassified waste adjoins nothing."""
    for code, row in zones.items():
        row.require("adjacent", zones, "zone of this platform")
        for other in row["adjacent"]:
            if code not in zones[other]["adjacent"] or code == other:
                raise row.fault(f"{code} names {other} as its neighbour, but not the reverse")
            for a in row["groups"] or (None,):
                for b in zones[other]["groups"] or (None,):
                    if matrix.never_together(a, b):
                        raise row.fault(f"{a} of {code} may not adjoin {b} of {other}")


def _check_room(permit: Row, zones: dict[str, Row], defaults: Mapping[str, str | None]) -> None:
    """Every group of the licensed wastes has a zone, unclassified waste one without groups."""
    held = {group for row in zones.values() for group in row["groups"] or (None,)}
    for code, group in sorted(defaults.items()):
        if {code, waste_codes.category(code)} & set(permit["covers"]) and group not in held:
            kind = group or "unclassified waste"
            raise permit.fault(
                f"{permit['organisation_code']} is licensed for {code}, but has no zone for {kind}"
            )
