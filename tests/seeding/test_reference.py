"""Statutory reference data: complete, true to its sources, loaded once however often it is loaded."""

from __future__ import annotations

import itertools
import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.seeding.conftest import NOW, Spoil
from wastehub.db import Database
from wastehub.domain.errors import NotFound
from wastehub.domain.segregation import Matrix, Relation
from wastehub.models import reference
from wastehub.models.reference import (
    DECIDED_HERE,
    ContainerType,
    LegalLimit,
    MethodCode,
    WasteCategory,
    WasteCode,
)
from wastehub.seeding.csv_rows import SeedError
from wastehub.seeding.reference import load_reference

# The pair matrix of the design, row by row; the CSV file must say the same.
MATRIX = """
    A1 A2 B OX FL HS OIL EM CN WR HM NH SC LAB BAT HG
A1  C  S  F F  S  S  S   S  F  F  S  S  S  S   S   S
A2  S  C  F S  F  F  F   S  F  F  F  S  F  S   S   S
B   F  F  C S  S  S  S   S  S  F  S  F  S  S   S   S
OX  F  S  S C  F  F  F   S  F  F  S  S  F  S   S   S
FL  S  F  S F  C  S  C   C  S  F  S  S  C  S   S   S
HS  S  F  S F  S  C  C   C  S  F  S  C  C  S   S   S
OIL S  F  S F  C  C  C   C  S  S  C  C  C  S   S   S
EM  S  S  S S  C  C  C   C  S  F  C  C  C  S   C   C
CN  F  F  S F  S  S  S   S  C  S  S  S  S  S   S   S
WR  F  F  F F  F  F  S   F  S  C  S  S  S  F   S   S
HM  S  F  S S  S  S  C   C  S  S  C  C  C  S   C   C
NH  S  S  F S  S  C  C   C  S  S  C  C  C  S   S   C
SC  S  F  S F  C  C  C   C  S  S  C  C  C  S   S   C
LAB S  S  S S  S  S  S   S  S  F  S  S  S  S   S   S
BAT S  S  S S  S  S  S   C  S  S  C  S  S  S   C   S
HG  S  S  S S  S  S  S   C  S  S  C  C  C  S   S   C
"""


def designed_matrix() -> dict[tuple[str, str], str]:
    header, *lines = (line.split() for line in MATRIX.strip().splitlines())
    return {(row[0], column): cell for row in lines for column, cell in zip(header, row[1:], strict=True)}


def codes_found(session: Session, text: str) -> list[str]:
    return [row.code for row in reference.search_waste_codes(session, text)]


# --- catalogue --------------------------------------------------------------------------------------


def test_the_catalogue_has_all_467_codes_of_46_categories(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(WasteCode)) == 467
    assert session.scalar(select(func.count()).select_from(WasteCategory)) == 46


def test_the_last_two_digits_are_the_category(session: Session) -> None:
    for row in session.scalars(select(WasteCode)):
        assert re.fullmatch(r"\d{3}-\d{3}-\d{2}", row.code)
        assert row.category_code == f"HW{row.code[-2:]}"


def test_every_row_is_of_2021_still_in_force_and_flagged_unverified(session: Session) -> None:
    rows = list(session.scalars(select(WasteCode)))
    assert {row.edition for row in rows} == {"2021"}
    assert all(row.unverified_against_2025 for row in rows)
    assert {row.effective_from_on for row in rows} == {date(2021, 1, 1)}
    assert {row.effective_until_on for row in rows} == {None}
    assert all(row.source for row in rows)


def test_every_chinese_character_has_its_initial(session: Session) -> None:
    for row in session.scalars(select(WasteCode)):
        words = [row.name_zh, *filter(None, row.aliases_zh.split(";"))]
        letters = [len(re.findall(r"[\u4e00-\u9fffA-Za-z0-9]", word)) for word in words]
        assert [len(initials) for initials in row.pinyin_initials.split(";")] == letters, row.code


# --- search -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("900-249-08", "900-249-08"),
        ("90024908", "900-249-08"),
        ("９００－２４９－０８", "900-249-08"),
        ("900249", "900-249-08"),
        ("废机油", "900-214-08"),
        ("漆渣", "900-252-12"),
        ("fjy", "900-214-08"),
        ("FJY", "900-214-08"),
        ("废机油（车船", "900-214-08"),
        ("废铅蓄电池", "900-052-31"),
        ("hydraulic oil", "900-218-08"),
        ("TDI 蒸馏", "261-016-11"),
        ("硝酸 钝化", "900-306-34"),
    ],
)
def test_a_code_is_found_by_digits_chinese_pinyin_or_english(
    session: Session, typed: str, first: str
) -> None:
    assert codes_found(session, typed)[0] == first


def test_a_category_finds_its_codes_only(session: Session) -> None:
    found = reference.search_waste_codes(session, "hw09", limit=50)
    assert {row.category_code for row in found} == {"HW09"}
    assert len(found) == 3


def test_small_firms_codes_come_first_and_the_limit_holds(session: Session) -> None:
    found = reference.search_waste_codes(session, "油", limit=10)
    assert len(found) == 10
    assert all(row.micro for row in found[:5])


@pytest.mark.parametrize("typed", ["", "   ", "没有这种东西", "900-249-99", "zzzzq", "%", "_", "'; --"])
def test_nonsense_finds_nothing(session: Session, typed: str) -> None:
    assert codes_found(session, typed) == []


def test_a_code_out_of_force_is_not_offered(session: Session) -> None:
    assert reference.search_waste_codes(session, "900-249-08", on=date(2021, 1, 1))
    assert not reference.search_waste_codes(session, "900-249-08", on=date(2020, 12, 31))


def test_an_unknown_code_is_not_found(session: Session) -> None:
    assert reference.waste_code(session, "900-249-08").category_code == "HW08"
    with pytest.raises(NotFound, match=r"waste_code\.unknown"):
        reference.waste_code(session, "900-250-08")
    with pytest.raises(NotFound, match=r"waste_code\.unknown"):
        reference.waste_codes(session, ["900-249-08", "900-250-08"])


# --- segregation ------------------------------------------------------------------------------------


def test_the_matrix_is_complete_symmetric_and_the_designed_one(session: Session) -> None:
    groups = [row.code for row in reference.segregation_groups(session)]
    matrix = Matrix({pair: Relation(name) for pair, name in reference.matrix(session).items()})
    designed = designed_matrix()
    assert len(groups) == 16
    assert len(reference.matrix(session)) == 16 * 17 // 2
    assert set(itertools.product(groups, repeat=2)) == designed.keys()
    for (a, b), relation in designed.items():
        assert matrix.relation(a, b) == relation == matrix.relation(b, a), (a, b)


def test_every_pair_has_reason_and_source_and_a_ban_names_its_law(session: Session) -> None:
    for a, b in reference.matrix(session):
        row = reference.pair(session, b, a)
        assert row.reason_zh and row.reason_en and row.source
        if row.relation == "F" and {a, b} != {"LAB", "WR"}:
            assert re.search(r"GB 18597|40 CFR 264|49 CFR 177", row.source), (a, b)


def test_a_pair_with_an_unknown_group_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound, match=r"segregation\.group_unknown"):
        reference.pair(session, "A1", "XX")


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("900-300-34", "A1"),
        ("900-305-34", "A2"),
        ("900-349-34", "A1"),
        ("900-399-35", "B"),
        ("900-401-06", "HS"),
        ("900-402-06", "FL"),
        ("900-252-12", "FL"),
        ("900-014-13", "SC"),
        ("900-249-08", "OIL"),
        ("900-006-09", "EM"),
        ("336-104-33", "CN"),
        ("336-064-17", "HM"),
        ("900-041-49", "SC"),
        ("900-047-49", "LAB"),
        ("900-052-31", "BAT"),
        ("900-023-29", "HG"),
        ("900-019-16", "EM"),
        ("321-026-48", "WR"),
    ],
)
def test_a_code_has_its_default_group(session: Session, code: str, group: str) -> None:
    row = reference.waste_code(session, code)
    assert row.group_code == group
    assert row.group_reason_zh and row.group_reason_en and row.group_source


def test_a_code_without_a_rule_travels_alone(session: Session) -> None:
    assert reference.groups_by_code(session, ["900-045-49", "900-249-08"]) == {
        "900-045-49": None,
        "900-249-08": "OIL",
    }


def test_no_reactive_code_is_left_without_a_group(session: Session) -> None:
    for row in session.scalars(select(WasteCode)):
        if "R" in row.hazard_letters:
            assert row.group_code is not None, row.code


def test_a_bath_liquid_under_a_sludge_code_travels_alone(session: Session) -> None:
    plating = reference.waste_code(session, "336-069-17")
    assert plating.group_for("sludge") == "HM"
    assert plating.group_for("liquid") is None
    oil = reference.waste_code(session, "900-249-08")
    assert oil.group_for("liquid") == oil.group_for("solid") == "OIL"


# --- limits, containers, methods --------------------------------------------------------------------


def test_limits_of_law_have_their_figures(session: Session) -> None:
    limits = reference.legal_limits(session, date(2026, 3, 16))
    assert limits["storage_point_max_g"] == 3_000_000
    assert limits["licensed_storage_max_days"] == 365
    assert limits["manifest_confirm_working_days"] == 5
    assert limits["manifest_backfill_working_days"] == 10
    assert limits["driving_max_s"] == 4 * 3600
    assert limits["driving_break_s"] == 20 * 60


def test_a_limit_holds_from_its_first_day_on(session: Session) -> None:
    assert reference.legal_limit(session, "storage_point_max_g", date(2023, 7, 1)) == 3_000_000
    with pytest.raises(NotFound, match=r"limit\.not_in_force"):
        reference.legal_limit(session, "storage_point_max_g", date(2023, 6, 30))
    with pytest.raises(NotFound, match=r"limit\.not_in_force"):
        reference.legal_limit(session, "no_such_limit", date(2026, 1, 1))


def test_a_new_figure_wins_from_its_day_and_the_old_one_judges_old_days(session: Session) -> None:
    old = session.get_one(LegalLimit, ("storage_point_max_g", date(2023, 7, 1)))
    columns = {column.key: getattr(old, column.key) for column in LegalLimit.__table__.columns}
    changed = {"effective_from_on": date(2026, 6, 1), "value_int": 2_000_000}
    session.add(LegalLimit(**{**columns, **changed}))
    session.flush()
    for day, expected in ((date(2026, 5, 31), 3_000_000), (date(2026, 6, 1), 2_000_000)):
        assert reference.legal_limit(session, "storage_point_max_g", day) == expected
        assert reference.legal_limits(session, day)["storage_point_max_g"] == expected


def test_a_limit_ends_with_its_last_day(session: Session) -> None:
    row = session.get_one(LegalLimit, ("storage_point_max_g", date(2023, 7, 1)))
    row.effective_until_on = date(2026, 5, 31)
    session.flush()
    assert reference.legal_limit(session, "storage_point_max_g", date(2026, 5, 31)) == 3_000_000
    assert "storage_point_max_g" not in reference.legal_limits(session, date(2026, 6, 1))


def test_no_limit_claims_more_than_its_source(session: Session) -> None:
    for row in session.scalars(select(LegalLimit)):
        assert row.source
        if row.kind == "law":
            assert row.certainty in ("P", "S"), row.key


def test_a_drum_is_the_measure_of_the_floor(session: Session) -> None:
    types = reference.container_types(session, date(2026, 1, 1))
    assert types["STEEL200"].floor_places_milli == 1000
    assert types["IBC1000"].floor_places_milli == 3333
    assert all(row.tare_g < row.payload_max_g for row in types.values())
    assert session.scalar(select(func.count()).select_from(ContainerType)) == len(types)


def test_methods_are_utilisation_or_disposal(session: Session) -> None:
    methods = reference.method_codes(session)
    assert len(methods) == session.scalar(select(func.count()).select_from(MethodCode)) == 22
    disposal = {code for code, row in methods.items() if row.kind == "disposal"}
    assert disposal == {"D1", "D9", "D10", "D16", "C1", "Y10", "Y11", "Y12", "Y13", "Y16"}


# --- loading ----------------------------------------------------------------------------------------


def test_loading_twice_changes_nothing(empty_database: Database) -> None:
    with empty_database.transaction() as session:
        first = load_reference(session, now=NOW)
    with empty_database.transaction() as session:
        second = load_reference(session, now=NOW)
    assert first["waste_codes"] == (467, 0, 0)
    for table, (inserted, updated, unchanged) in second.items():
        assert (inserted, updated) == (0, 0), table
        assert unchanged == first[table].inserted


def test_a_changed_row_is_updated_and_a_lost_one_kept(
    session: Session, spoil_reference: Spoil, caplog: pytest.LogCaptureFixture
) -> None:
    spoil_reference("industries.csv", "汽车维修", "汽修")
    folder = spoil_reference("method_codes.csv", "\nY16,", "\nY17,")
    counts = load_reference(session, now=NOW, folder=folder)
    assert counts["industries"] == (0, 1, 26)
    assert counts["method_codes"] == (1, 0, 21)
    assert session.get(MethodCode, "Y16") is not None
    assert "method_codes: ('Y16',) is no longer in the seed files" in caplog.text


def test_a_group_that_an_administrator_assigned_outlives_a_load(session: Session) -> None:
    row = reference.waste_code(session, "900-045-49")
    row.group_code, row.group_source = "SC", f"{DECIDED_HERE}: user:1"
    session.flush()
    counts = load_reference(session, now=NOW)
    assert counts["waste_codes"] == (0, 0, 467)
    assert row.group_code == "SC"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("waste_codes.csv", "code,category_code", "code,kategory", r"waste_codes\.csv:1: unknown column"),
        ("waste_codes.csv", ",HW01,感染性", ",HW99,感染性", r"waste_codes\.csv:2: unknown category 'HW99'"),
        ("waste_codes.csv", ",HW01,感染性", ",HW02,感染性", r"csv:2: 841-001-01 cannot be of category HW02"),
        ("waste_codes.csv", ",In,solid,", ",X,solid,", r"waste_codes\.csv:2: hazards: "),
        ("waste_codes.csv", ",2021-01-01,,", ",2021-13-01,,", r"waste_codes\.csv:2: effective_from_on: "),
        ("waste_codes.csv", ",2021-01-01,,", ",2021-01-01,2020-12-31,", r"csv:2: effective_until_on lies"),
        ("waste_codes.csv", "841-002-01", "841-001-01", r"csv:3: 841-001-01 stands already in .*csv:2"),
        ("waste_code_groups.csv", ",OIL,", ",OLI,", r"waste_code_groups\.csv:\d+: unknown group 'OLI'"),
        ("waste_code_groups.csv", "900-401-06", "900-400-06", r"csv:\d+: unknown waste code '900-400-06'"),
        ("segregation_pairs.csv", "A1,A2,S", "A1,XX,S", r"pairs\.csv:3: unknown group 'XX' in group_b"),
        ("segregation_pairs.csv", "A1,A2,S", "A2,A1,S", r"pairs\.csv:3: write the pair as A1,A2"),
        ("segregation_pairs.csv", "A1,A2,S", "A1,A2,Q", r"pairs\.csv:3: relation: 'Q' is none of"),
        ("method_codes.csv", "R1,utilisation", "R1,burning", r"method_codes\.csv:2: kind: "),
        ("legal_limits.csv", ",3000000,", ",3.5,", r"legal_limits\.csv:2: value_int: '3.5' is no whole"),
        ("container_types.csv", ",1000,1,2020", ",1000,yes,2020", r"types\.csv:2: takes_liquid: "),
        ("industries.csv", ",", ",,", r"industries\.csv:1: unknown column ''"),
        ("waste_categories.csv", "HW02,", "HW02,x,", r"categories\.csv:3: \d cells, 5 expected"),
    ],
)
def test_a_broken_row_stops_the_load_with_file_and_line(
    session: Session, spoil_reference: Spoil, file: str, old: str, new: str, message: str
) -> None:
    folder = spoil_reference(file, old, new)
    before = session.scalar(select(func.count()).select_from(WasteCode))
    with pytest.raises(SeedError, match=message):
        load_reference(session, now=NOW, folder=folder)
    assert not session.new and not session.dirty
    assert session.scalar(select(func.count()).select_from(WasteCode)) == before


def test_a_missing_pair_stops_the_load(session: Session, spoil_reference: Spoil) -> None:
    folder = spoil_reference("segregation_pairs.csv", "A1,A2,S", "A1,A1,S")
    with pytest.raises(SeedError, match=r"segregation_pairs\.csv:3: A1/A1 stands already"):
        load_reference(session, now=NOW, folder=folder)
    path = folder / "segregation_pairs.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("A1,A1,S")), encoding="utf-8")
    with pytest.raises(SeedError, match=r"segregation_pairs\.csv: the pair A1,A2 is missing"):
        load_reference(session, now=NOW, folder=folder)


def test_a_file_nobody_reads_or_a_missing_one_stops_the_load(
    session: Session, spoil_reference: Spoil
) -> None:
    folder: Path = spoil_reference("SOURCES.md", "#", "#")
    (folder / "waste_code.csv").touch()
    with pytest.raises(SeedError, match=r"waste_code\.csv: unknown file"):
        load_reference(session, now=NOW, folder=folder)
    (folder / "waste_code.csv").unlink()
    (folder / "legal_limits.csv").unlink()
    with pytest.raises(SeedError, match=r"legal_limits\.csv: the file is missing"):
        load_reference(session, now=NOW, folder=folder)
