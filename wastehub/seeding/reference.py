"""Law and lists from seed/reference into the database: the same in every city.

Everything is read and checked before the first row is written; loading twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..db import Base
from ..models.reference import (
    DECIDED_HERE,
    ContainerType,
    Industry,
    LegalLimit,
    MethodCode,
    SegregationGroup,
    SegregationPair,
    WasteCategory,
    WasteCode,
)
from ..paths import data_dir
from . import csv_rows as csv
from .csv_rows import Cell, Row
from .upsert import Count, upsert

Counts = dict[str, Count]

SOURCE = csv.text(1000)
HAZARD = r"(T|C|I|R|In)"
CERTAINTY = csv.choice("P", "S", "N")
GROUP_WORDS = ("group_reason_zh", "group_reason_en", "group_source")

FILES: dict[str, tuple[tuple[str, ...], dict[str, Cell]]] = {
    "waste_categories": (
        ("code",),
        {
            "code": csv.pattern(r"HW\d\d"),
            "name_zh": csv.text(60),
            "name_en": csv.text(120),
            "edition": csv.text(10),
            "source": SOURCE,
        },
    ),
    "segregation_groups": (
        ("code",),
        {
            "code": csv.pattern(r"[A-Z][A-Z0-9]{0,2}"),
            "position": csv.integer(1, 99),
            "name_zh": csv.text(60),
            "name_en": csv.text(120),
            "description_zh": csv.text(1000),
            "description_en": csv.text(1000),
            "source": SOURCE,
        },
    ),
    "segregation_pairs": (
        ("group_a", "group_b"),
        {
            "group_a": csv.text(3),
            "group_b": csv.text(3),
            "relation": csv.choice("C", "S", "F"),
            "reason_zh": csv.text(1000),
            "reason_en": csv.text(1000),
            "source": SOURCE,
        },
    ),
    "waste_codes": (
        ("code",),
        {
            "code": csv.pattern(r"\d{3}-\d{3}-\d{2}"),
            "category_code": csv.text(4),
            "name_zh": csv.text(60),
            "name_en": csv.text(160),
            "industry_zh": csv.text(60),
            "hazards": csv.pattern(rf"{HAZARD}(/{HAZARD})*"),
            "typical_form": csv.choice("liquid", "solid", "sludge", "semi_solid", "gas"),
            "micro": csv.flag,
            "edition": csv.text(10),
            "effective_from_on": csv.day,
            "effective_until_on": csv.maybe(csv.day),
            "unverified_against_2025": csv.flag,
            "aliases_zh": csv.optional(120),
            "pinyin_initials": csv.pattern(r"[a-z0-9;]{1,160}"),
            "source": SOURCE,
        },
    ),
    "waste_code_groups": (
        ("code",),
        {
            "code": csv.text(10),
            "group_code": csv.text(3),
            "excludes_liquid": csv.flag,
            "reason_zh": csv.text(1000),
            "reason_en": csv.text(1000),
            "source": SOURCE,
        },
    ),
    "container_types": (
        ("code",),
        {
            "code": csv.pattern(r"[A-Z0-9]{2,20}"),
            "name_zh": csv.text(60),
            "name_en": csv.text(120),
            "material_zh": csv.text(40),
            "material_en": csv.text(60),
            "volume_l": csv.integer(1, 100_000),
            "tare_g": csv.integer(1, 10_000_000),
            "payload_max_g": csv.integer(1, 100_000_000),
            "floor_places_milli": csv.integer(1, 100_000),
            "takes_liquid": csv.flag,
            "effective_from_on": csv.day,
            "effective_until_on": csv.maybe(csv.day),
            "certainty": CERTAINTY,
            "source": SOURCE,
        },
    ),
    "method_codes": (
        ("code",),
        {
            "code": csv.pattern(r"[A-Z]\d{1,2}"),
            "kind": csv.choice("utilisation", "disposal"),
            "name_zh": csv.text(80),
            "name_en": csv.text(160),
            "certainty": CERTAINTY,
            "source": SOURCE,
        },
    ),
    "legal_limits": (
        ("key", "effective_from_on"),
        {
            "key": csv.pattern(r"[a-z][a-z0-9_]{2,59}"),
            "effective_from_on": csv.day,
            "effective_until_on": csv.maybe(csv.day),
            "value_int": csv.integer(0, 10**15),
            "unit": csv.text(20),
            "kind": csv.choice("law", "configuration"),
            "name_zh": csv.text(120),
            "name_en": csv.text(200),
            "certainty": CERTAINTY,
            "source": SOURCE,
        },
    ),
    "industries": (
        ("code",),
        {
            "code": csv.pattern(r"[a-z][a-z_]{1,29}"),
            "name_zh": csv.text(60),
            "name_en": csv.text(120),
            "gb_t_4754": csv.optional(40),
        },
    ),
}

MODELS: dict[str, type[Base]] = {
    "waste_categories": WasteCategory,
    "segregation_groups": SegregationGroup,
    "segregation_pairs": SegregationPair,
    "waste_codes": WasteCode,
    "container_types": ContainerType,
    "method_codes": MethodCode,
    "legal_limits": LegalLimit,
    "industries": Industry,
}


def load_reference(session: Session, *, now: datetime, folder: Path | None = None) -> Counts:
    """Load all statutory data; flushes. Returns for each table what happened to its rows.

    Raises SeedError naming file and line; then nothing has been written.
    """
    tables = read_reference(data_dir("seed") / "reference" if folder is None else folder)
    counts: Counts = {}
    for name, model in MODELS.items():
        rows = [row.values for row in tables[name]]
        if name == "waste_codes":
            rows = _with_groups(tables)
        keep = _decided_here if name == "waste_codes" else _nothing
        counts[name], _ = upsert(session, model, rows, key=FILES[name][0], keep=keep)
    return counts


def read_reference(folder: Path) -> dict[str, list[Row]]:
    """All files of the folder, checked in themselves and against each other. Raises SeedError."""
    check_folder(folder, {f"{name}.csv" for name in FILES})
    tables = {name: csv.read(folder / f"{name}.csv", cells, key=key) for name, (key, cells) in FILES.items()}
    _check_codes(tables)
    _check_pairs(folder, tables)
    for name in ("waste_codes", "container_types", "legal_limits"):
        check_periods(tables[name])
    return tables


def check_folder(folder: Path, expected: set[str]) -> None:
    """A file that nobody reads is a mistake, not a note. Raises SeedError."""
    for path in sorted(folder.iterdir()):
        if path.name not in expected | {"SOURCES.md"}:
            raise csv.SeedError(f"{csv.shown(path)}: unknown file")


def check_periods(rows: list[Row]) -> None:
    """A row ends on or after the day it begins. Raises SeedError."""
    for row in rows:
        until = row["effective_until_on"]
        if until is not None and until < row["effective_from_on"]:
            raise row.fault("effective_until_on lies before effective_from_on")


def _check_codes(tables: dict[str, list[Row]]) -> None:
    categories = {row["code"] for row in tables["waste_categories"]}
    codes = {row["code"] for row in tables["waste_codes"]}
    groups = {row["code"] for row in tables["segregation_groups"]}
    for row in tables["waste_codes"]:
        row.require("category_code", categories, "category")
        if row["category_code"] != f"HW{row['code'][-2:]}":
            raise row.fault(f"{row['code']} cannot be of category {row['category_code']}")
    for row in tables["waste_code_groups"]:
        row.require("code", codes, "waste code")
        row.require("group_code", groups, "group")


def _check_pairs(folder: Path, tables: dict[str, list[Row]]) -> None:
    """Every unordered pair of groups stands there once, in alphabetical order."""
    groups = sorted(row["code"] for row in tables["segregation_groups"])
    for row in tables["segregation_pairs"]:
        row.require("group_a", groups, "group")
        row.require("group_b", groups, "group")
        if row["group_a"] > row["group_b"]:
            raise row.fault(f"write the pair as {row['group_b']},{row['group_a']}")
    present = {(row["group_a"], row["group_b"]) for row in tables["segregation_pairs"]}
    for pair in combinations_with_replacement(groups, 2):
        if pair not in present:
            path = csv.shown(folder / "segregation_pairs.csv")
            raise csv.SeedError(f"{path}: the pair {pair[0]},{pair[1]} is missing")


def _with_groups(tables: dict[str, list[Row]]) -> list[dict[str, Any]]:
    """The catalogue rows with group and search words."""
    groups = {row["code"]: row for row in tables["waste_code_groups"]}
    found = []
    for row in tables["waste_codes"]:
        group = groups.get(row["code"])
        found.append(
            {
                **row.values,
                "search_text": _searchable(f"{row['name_zh']};{row['aliases_zh']}"),
                "group_code": group["group_code"] if group else None,
                "group_excludes_liquid": group["excludes_liquid"] if group else False,
                "group_reason_zh": group["reason_zh"] if group else "",
                "group_reason_en": group["reason_en"] if group else "",
                "group_source": group["source"] if group else "",
            }
        )
    return found


def _searchable(words: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", words).lower()).strip(";")


def _decided_here(present: WasteCode) -> frozenset[str]:
    """A group that an administrator of this installation assigned outlives every load."""
    if not present.group_source.startswith(DECIDED_HERE):
        return frozenset()
    return frozenset({"group_code", "group_excludes_liquid", *GROUP_WORDS})


def _nothing(present: Any) -> frozenset[str]:
    return frozenset()
