"""HJ 1259: periods, deadlines, batch codes, columns and where their values come from."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from wastehub.domain.batch_numbers import Stage
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.domain.statutory import periods, sheets, tables
from wastehub.domain.statutory.numbering import Numbering, own_code
from wastehub.domain.statutory.periods import Period
from wastehub.ledger.exports import hj1259

DOCS = Path(__file__).parents[2] / "docs" / "forms.md"
LIMITS = {
    "declaration_due_day": 15,
    "declaration_year_due_month": 3,
    "declaration_year_due_day": 31,
    "plan_due_month": 3,
    "plan_due_day": 31,
}


def test_a_month_is_declared_until_the_15th_of_the_next() -> None:
    assert periods.parse("2026-03").due_on(LIMITS) == date(2026, 4, 15)
    assert periods.parse("2026-12").due_on(LIMITS) == date(2027, 1, 15)


def test_a_quarter_is_declared_in_the_first_month_of_the_next() -> None:
    assert periods.parse("2026-Q1").due_on(LIMITS) == date(2026, 4, 15)
    assert periods.parse("2026-Q4").due_on(LIMITS) == date(2027, 1, 15)


def test_a_year_is_declared_until_the_end_of_march() -> None:
    assert periods.parse("2026").due_on(LIMITS) == date(2027, 3, 31)
    assert periods.plan_due_on(2026, LIMITS) == date(2026, 3, 31)


def test_a_period_knows_its_days_and_its_name() -> None:
    quarter = Period(2028, 1, "quarter")
    assert (quarter.start_on, quarter.end_on, quarter.key) == (
        date(2028, 1, 1),
        date(2028, 3, 31),
        "2028-Q1",
    )
    assert periods.parse("2028-02").end_on == date(2028, 2, 29)
    for key in ("2026-03", "2026-Q2", "2026"):
        assert periods.parse(key).key == key


def test_periods_adjoin() -> None:
    for key, before in (
        ("2026-01", "2025-12"),
        ("2026-Q1", "2025-Q4"),
        ("2026", "2025"),
        ("2026-07", "2026-06"),
    ):
        assert periods.parse(key).before().key == before


@pytest.mark.parametrize(
    "key", ["", "2026-13", "2026-00", "2026-Q5", "26-01", "2026-1", "1999", "2026-03-01"]
)
def test_what_is_no_period_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match=r"declaration\.period_unknown"):
        periods.parse(key)


def test_what_is_due_follows_the_class() -> None:
    ask = {"since_on": date(2026, 1, 10), "today": date(2026, 7, 1)}
    assert [each.key for each in periods.ended("key", **ask)] == [
        "2026-06", "2026-05", "2026-04", "2026-03", "2026-02", "2026-01",
    ]  # fmt: skip
    assert [each.key for each in periods.ended("simplified", **ask)] == ["2026-Q2", "2026-Q1"]
    assert list(periods.ended("registration", **ask)) == []
    assert [
        each.key for each in periods.ended("registration", since_on=date(2025, 6, 1), today=ask["today"])
    ] == ["2025"]


def test_codes_are_counted_per_stage_and_day_and_stay() -> None:
    numbering, day, next_day = Numbering(), date(2026, 3, 16), date(2026, 3, 17)
    assert numbering.of(Stage.INTAKE, day, "a") == "HWRK20260316001"
    assert numbering.of(Stage.INTAKE, day, "b") == "HWRK20260316002"
    assert numbering.of(Stage.INTAKE, day, "a") == "HWRK20260316001"
    assert numbering.of(Stage.OUTBOUND, day, "a") == "HWCK20260316001"
    assert numbering.of(Stage.INTAKE, next_day, "c") == "HWRK20260317001"


def test_the_thousandth_code_of_a_day_is_refused() -> None:
    numbering = Numbering()
    for act in range(999):
        numbering.of(Stage.INTAKE, date(2026, 3, 16), act)
    with pytest.raises(Conflict, match=r"batch_number\.exhausted"):
        numbering.of(Stage.INTAKE, date(2026, 3, 16), "one more")


def test_an_act_that_carries_its_code_keeps_it() -> None:
    assert own_code("HWCK20260316001", Stage.OUTBOUND) == "HWCK20260316001"
    # 出口, not 出库: the longer prefix.
    assert own_code("HWCKLY20260316001", Stage.OUTBOUND) == ""
    assert own_code("R-20260316-01", Stage.OUTBOUND) == ""


@pytest.mark.parametrize(
    ("mass_g", "text"),
    [
        (0, "0.000"),
        (150_000, "0.150"),
        (1_234_567, "1.234567"),
        (39_800, "0.0398"),
        (-200, "-0.0002"),
        (1, "0.000001"),
    ],
)
def test_tonnes_are_exact(mass_g: int, text: str) -> None:
    assert sheets.tonnes(mass_g) == text


def test_the_columns_are_those_of_the_norm() -> None:
    """The ledger's own export has the same five tables: two readings of Annex B agree."""
    for sheet in tables.LEDGER:
        assert [column.title for column in sheet.columns] == list(hj1259.COLUMNS[sheet.code])


def test_a_class_fills_its_tables() -> None:
    assert tables.PLAN_TABLES["registration"] == ("A.1", "A.3", "A.7")
    assert set(tables.PLAN_TABLES["simplified"]) == {"A.1", "A.3", "A.4", "A.6", "A.7"}
    assert len(tables.PLAN_TABLES["key"]) == 7


def documented() -> dict[str, list[tuple[str, str, str]]]:
    """Table -> (field, title, source) as docs/forms.md has them."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for code, body in re.findall(r"^### ([ABC]\.\d) .*?\n(.*?)(?=^##|\Z)", DOCS.read_text(), re.M | re.S):
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", body, re.M)
        found[code] = [(key, title, source) for key, title, source in rows]
    return found


def test_every_statutory_field_has_a_source() -> None:
    docs = documented()
    for sheet in tables.ALL:
        wanted = {"A.1": tables.BASICS, "A.6": tables.REDUCTION}.get(sheet.code) or {}
        fields = list(wanted.items()) or [(column.key, column.title) for column in sheet.columns]
        told = docs.get(sheet.code, [])
        assert [(key, title) for key, title, _source in told] == fields, sheet.code
        assert all(source.strip() for _key, _title, source in told), sheet.code
