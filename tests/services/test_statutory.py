"""Statutory forms of a small fixed chain, field by field; filing, correcting, delegating; files."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests import firms
from tests.databases import Databases
from tests.ledger.test_invariants import STEPS, lived
from tests.ledger.test_stock_lines import PLACES
from tests.ledger.test_stock_lines import read as read_lines
from tests.services import statutory_world as story
from tests.services.facility_world import OIL, entries
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from wastehub.domain.statutory.balance import balance, unbalanced
from wastehub.domain.statutory.sheets import Column, Sheet, printed
from wastehub.models.filings import ExportRun
from wastehub.models.organisations import Organisation
from wastehub.services import batches, statutory
from wastehub.services.statutory.lines import UnitLine

GOLDEN = Path(__file__).parent / "golden" / "statutory.json"
MARCH = (date(2026, 3, 1), date(2026, 3, 31))
KINDS = ("enterprise", "platform", "plant")


@pytest.fixture
def database_kind() -> str:
    """Nothing here depends on the kind of SQL; tests/flows walk both."""
    return "sqlite"


@pytest.fixture(scope="module")
def story_file(test_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from story.kept(test_databases, tmp_path_factory.mktemp("statutory"))


@pytest.fixture
def told(database: Database, story_file: Path) -> Database:
    return story.poured(database, story_file)


def fields(sheets: tuple[Sheet, ...]) -> dict[str, list[dict[str, str]]]:
    """Every field by the title that the norm gives it."""
    return {
        sheet.code: [
            {column.title: value for column, value in zip(sheet.columns, row, strict=True)}
            for row in printed(sheet)
        ]
        for sheet in sheets
    }


def papers_of(database: Database, kind: str) -> dict[str, Any]:
    """Ledger of March, plan of the year and declaration of one unit."""
    actor = story.actor(database, kind)
    yearly = kind == "enterprise"
    with database.reading() as session:
        unit = session.get_one(Organisation, actor.organisation_id)
        book = statutory.book_of(session, unit)
        draft = statutory.prepare(
            session,
            actor=actor,
            period="2026" if yearly else "2026-03",
            now=story.NEXT_YEAR if yearly else story.APRIL,
        )
        plan = statutory.plan_view(session, unit=unit, year=2026, on=MARCH[0])
        ledger_sheets = statutory.ledger_sheets(session, book, start_on=MARCH[0], end_on=MARCH[1])
        return {
            "ledger": fields(ledger_sheets),
            "declaration": fields(draft.sheets),
            "plan": fields(plan.sheets),
            "points": {point.key: dict(point.params) for point in draft.points},
        }


def test_every_field_of_every_table_is_as_expected(told: Database) -> None:
    """The golden file was read by a person against HJ 1259; WASTEHUB_WRITE_GOLDEN=1 writes it anew."""
    story.entered(told)
    if os.environ.get("WASTEHUB_WRITE_GOLDEN"):
        made = {kind: papers_of(told, kind) for kind in KINDS}
        text = json.dumps(made, ensure_ascii=False, indent=1, default=str, sort_keys=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for kind in KINDS:
        assert json.loads(json.dumps(papers_of(told, kind), default=str)) == expected[kind], kind


def test_tonnes_of_a_table_line_up_and_stay_exact() -> None:
    table = Sheet("B.9", "示例", (Column("code", "代码"), Column("mass_g", "量", "tonnes")))
    assert [row[1] for row in printed(table.filled([("a", 303_000), ("b", 5_000_000)]))] == ["0.303", "5.000"]
    mixed = table.filled([("a", 303_000), ("b", 111_614), ("c", -100), ("d", None)])
    assert [row[1] for row in printed(mixed)] == ["0.303000", "0.111614", "-0.000100", ""]
    assert [row[1] for row in printed(table.filled([("a", 303_100), ("b", 0)]))] == ["0.3031", "0.0000"]
    assert (table.heading, Sheet("平衡", "物料平衡核对", ()).heading) == ("B.9 示例", "物料平衡核对")


def test_the_chain_of_batch_codes_closes(told: Database) -> None:
    """B.2 points to B.1, B.3 to B.2, B.5 to B.3; what went out is not more than what came in."""
    made = papers_of(told, "enterprise")["ledger"]
    generated = {row["产生批次编码"] for row in made["B.1"]}
    intakes = {row["入库批次编码"] for row in made["B.2"]}
    assert {row["产生批次编码"] for row in made["B.2"]} <= generated
    assert {row["入库批次编码"] for row in made["B.3"]} <= intakes
    assert {row["产生批次编码/出库批次编码"] for row in made["B.5"]} == {
        row["出库批次编码"] for row in made["B.3"]
    }
    total = {table: sum(float(row[name]) for row in made[table]) for table, name in (
        ("B.1", "产生量"), ("B.2", "入库量"), ("B.3", "出库量"), ("B.5", "委外利用/处置量"))}  # fmt: skip
    assert total["B.1"] == total["B.2"] >= total["B.3"] == total["B.5"]


@given(STEPS, st.lists(st.integers(0, 30), min_size=60, max_size=60), st.integers(0, 29), st.integers(0, 29))
def test_the_balance_closes_for_any_history_and_any_period(
    steps: list[tuple[str, int, int, int]], days: list[int], first: int, second: int
) -> None:
    """Opening + in = out + closing, to the gram; periods that adjoin fit together."""
    desk = lived(steps)
    start, end = (
        date(2026, 3, 1) + timedelta(min(first, second)),
        date(2026, 3, 1) + timedelta(max(first, second)),
    )
    for place in PLACES:
        reader = read_lines(desk, place)
        lines = [UnitLine(line, date(2026, 3, 1) + timedelta(days[line.idx % 60])) for line in reader.lines]
        rows = balance(lines, start_on=start, end_on=end)
        assert unbalanced(rows) == {}
        closing = {row.code: row.closing_g for row in rows if row.closing_g}
        after = balance(lines, start_on=end + timedelta(1), end_on=date.max)
        assert closing == {row.code: row.opening_g for row in after if row.opening_g}
        whole = balance(lines, start_on=date.min, end_on=date.max)
        assert {row.code: row.closing_g for row in whole if row.closing_g} == reader.booked_g()


def filed(database: Database, *, kind: str = "platform", period: str = "2026-03", **changes: Any) -> Any:
    now = changes.pop("now", story.APRIL)
    actor = changes.pop("actor", None) or story.actor(database, kind)
    unit = changes.pop("organisation_id", None)
    with database.transaction() as session:
        draft = statutory.prepare(session, actor=actor, period=period, now=now, organisation_id=unit)
        values = {"seen_sha256": draft.sha256, "note": "示例说明"} | changes
        return statutory.file(session, actor=actor, period=period, now=now, organisation_id=unit, **values)


def test_filing_is_an_act_that_stands_in_the_ledger(told: Database) -> None:
    row = filed(told)
    assert (row.edition, row.filed_at, row.due_on) == (1, story.APRIL, date(2026, 4, 15))
    with told.reading() as session:
        [event] = entries(session, "declaration.filed")
    assert event.subject == "2026-03/1"
    assert event.facts["sha256"] == row.content_sha256
    assert event.facts["outsourced_g"] == 370_000


def test_the_same_figures_are_filed_once(told: Database) -> None:
    filed(told)
    with pytest.raises(Conflict, match=r"declaration\.unchanged"):
        filed(told)


def test_a_correction_is_the_next_edition_and_the_first_stays(told: Database) -> None:
    first = filed(told, kind="enterprise", period="2026", now=story.NEXT_YEAR)
    with told.transaction() as session:
        firm = story.firm_of(session, 1)
        firms.registered(session, firm, 10_000, waste_code=OIL)
    second = filed(told, kind="enterprise", period="2026", now=story.NEXT_YEAR)
    assert (first.edition, second.edition) == (1, 2)
    with told.reading() as session:
        actor = story.actor(told, "enterprise")
        _unit, kept = statutory.declaration(session, actor=actor, declaration_id=first.id)
        [generated] = [row for row in kept.content["C.1"] if row[3] == OIL]
        assert generated[7] == 330_000
        drafted = statutory.prepare(session, actor=actor, period="2026", now=story.NEXT_YEAR)
        assert not drafted.changed


def test_a_correction_says_why(told: Database) -> None:
    filed(told, kind="enterprise", period="2026", now=story.NEXT_YEAR)
    with told.transaction() as session:
        firms.registered(session, story.firm_of(session, 1), 10_000, waste_code=OIL)
    with pytest.raises(InvalidInput, match=r"declaration\.note_needed"):
        filed(told, kind="enterprise", period="2026", now=story.NEXT_YEAR, note=" ")


def test_a_period_under_way_is_not_filed(told: Database) -> None:
    with pytest.raises(Conflict, match=r"declaration\.period_open"):
        filed(told, period="2026-04")


def test_figures_that_moved_since_are_looked_at_again(told: Database) -> None:
    with pytest.raises(Conflict, match=r"declaration\.ledger_moved"):
        filed(told, seen_sha256="0" * 64)


def test_a_draft_is_filed_as_it_was_prepared_unless_anything_was_written_since(told: Database) -> None:
    actor = story.actor(told, "platform")
    with told.transaction() as session:
        draft = statutory.prepare(session, actor=actor, period="2026-03", now=story.APRIL)
        row = statutory.file_draft(session, actor=actor, draft=draft, note="示例说明", now=story.APRIL)
        assert (row.edition, row.content_sha256) == (1, draft.sha256)
        # The filing itself was written: the same draft is no longer what the ledger tells.
        with pytest.raises(Conflict, match=r"declaration\.ledger_moved"):
            statutory.file_draft(session, actor=actor, draft=draft, note="示例说明", now=story.APRIL)
        again = statutory.prepare(session, actor=actor, period="2026-03", now=story.APRIL)
        with pytest.raises(Conflict, match=r"declaration\.unchanged"):
            statutory.file_draft(session, actor=actor, draft=again, note="示例说明", now=story.APRIL)
        stranger = story.actor(told, "plant")
        with pytest.raises(NotFound):
            statutory.file_draft(session, actor=stranger, draft=again, note="示例说明", now=story.APRIL)


def test_supervision_opens_on_the_newest_period_that_anybody_has_to_declare(told: Database) -> None:
    office = Actor(author="user:office", role="regulator")

    def opens_on(today: date, actor: Actor = office) -> str:
        with told.reading() as session:
            return statutory.newest_period(session, actor=actor, today=today).key

    assert opens_on(date(2026, 4, 10)) == "2026-03"
    assert opens_on(date(2026, 4, 30)) == "2026-03"  # April is not over
    assert opens_on(date(2026, 5, 1)) == "2026-04"
    assert opens_on(date(2027, 1, 8)) == "2026"  # of those that end together the longest
    with told.transaction() as session:
        for unit in session.scalars(select(Organisation)):
            unit.enrolled_at = story.APRIL
    assert opens_on(date(2026, 4, 10)) == "2025"  # nothing was to be declared yet
    filed(told)
    assert opens_on(date(2026, 4, 10)) == "2026-03"  # but one did
    with told.reading() as session:
        rows, count, _sums, _counties = statutory.supervision(
            session, actor=office, period="2026-03", now=story.APRIL
        )
    assert count == 1 and rows[0].newest is not None and rows[0].days_late == 0
    elsewhere = Actor(author="user:county", role="regulator", county_code="330482")
    assert opens_on(date(2026, 4, 10), elsewhere) == "2025"  # another county's filing is not its own
    with pytest.raises(Forbidden):
        opens_on(date(2026, 4, 10), story.actor(told, "platform"))


def test_who_files_after_the_last_day_is_shown_with_the_days(told: Database) -> None:
    filed(told, now=story.APRIL.replace(day=17))
    office = Actor(author="user:office", role="regulator")
    with told.reading() as session:
        rows, *_rest = statutory.supervision(
            session, actor=office, period="2026-03", state="filed", now=story.APRIL.replace(day=20)
        )
    assert [row.days_late for row in rows] == [2]


def test_a_registration_unit_files_years_only(told: Database) -> None:
    with pytest.raises(InvalidInput, match=r"declaration\.not_due_for_class"):
        filed(told, kind="enterprise")


def test_a_receipt_is_entered_once(told: Database) -> None:
    row, actor = filed(told), story.actor(told, "platform")
    with told.transaction() as session:
        statutory.enter_receipt(
            session, actor=actor, declaration_id=row.id, receipt_no="示例 1", version=1, now=story.APRIL
        )
    with pytest.raises(Conflict, match=r"declaration\.receipted"), told.transaction() as session:
        statutory.enter_receipt(
            session, actor=actor, declaration_id=row.id, receipt_no="示例 2", version=None, now=story.APRIL
        )


def test_a_stranger_does_not_learn_of_a_declaration(told: Database) -> None:
    row = filed(told)
    with told.reading() as session, pytest.raises(NotFound):
        statutory.declaration(session, actor=story.actor(told, "enterprise"), declaration_id=row.id)
    driver = Actor(author="device:1", role="driver")
    with told.reading() as session, pytest.raises(Forbidden):
        statutory.declaration(session, actor=driver, declaration_id=row.id)


def test_a_platform_files_for_a_firm_only_with_its_consent(told: Database) -> None:
    firm, platform = story.actor(told, "enterprise"), story.actor(told, "platform")
    ask = {"actor": platform, "organisation_id": firm.organisation_id, "period": "2026"}
    with pytest.raises(NotFound):
        filed(told, now=story.NEXT_YEAR, **ask)
    with told.transaction() as session:
        assert platform.organisation_id is not None
        statutory.delegate(session, actor=firm, platform_id=platform.organisation_id, now=story.APRIL)
    row = filed(told, now=story.NEXT_YEAR, **ask)
    assert (row.organisation_id, row.delegate_id) == (firm.organisation_id, platform.organisation_id)
    with pytest.raises(Conflict, match=r"declaration\.delegated"), told.transaction() as session:
        statutory.delegate(session, actor=firm, platform_id=platform.organisation_id, now=story.APRIL)
    with told.transaction() as session:
        statutory.end_delegation(session, actor=firm, now=story.NEXT_YEAR)
    with pytest.raises(NotFound):
        filed(told, now=story.NEXT_YEAR, **ask)
    with told.reading() as session:
        assert len(entries(session, "declaration.delegated")) == 1
        assert len(entries(session, "declaration.delegation_ended")) == 1


def test_a_firm_without_a_contract_cannot_delegate(told: Database) -> None:
    firm = story.actor(told, "enterprise")
    with told.reading() as session:
        other = firms.platform_for(session, "330424")
    with pytest.raises(Conflict, match=r"declaration\.no_contract"), told.transaction() as session:
        statutory.delegate(session, actor=firm, platform_id=other.id, now=story.APRIL)


def test_what_is_due_and_late_follows_the_class(told: Database) -> None:
    with told.reading() as session:
        _unit, rows = statutory.period_rows(
            session, actor=story.actor(told, "platform"), now=story.APRIL + timedelta(days=10)
        )
        march = next(row for row in rows if row.period.key == "2026-03")
        assert march.state == "late"
        _firm, own = statutory.period_rows(
            session, actor=story.actor(told, "enterprise"), now=story.NEXT_YEAR
        )
        assert [(row.period.key, row.due_on) for row in own] == [("2026", date(2027, 3, 31))]


def test_a_late_registration_belongs_to_the_day_it_arose(told: Database) -> None:
    """Registered in April for March: it is in March's tables, and the check points it out."""
    with told.transaction() as session:
        firm = story.firm_of(session, 1)
        draft = firms.batch_draft(firm, 5_000, waste_code=OIL, produced_on=date(2026, 3, 20))
        batches.register(session, drafts=[draft], now=story.APRIL)
    made = papers_of(told, "enterprise")
    assert "2026-03-20" in {row["产生时间"] for row in made["ledger"]["B.1"]}
    assert made["points"]["registered_late"]["count"] == 1


# -- files ---------------------------------------------------------------------------------------------------


def asked(database: Database, **changes: Any) -> Any:
    values = {"kind": "ledger", "form": "xlsx", "given": {}, "actor": story.actor(database, "enterprise")}
    with database.transaction() as session:
        return statutory.request_export(session, now=story.APRIL, **(values | changes))


def ran(database: Database, run: Any, folder: Path, write: Any = None, now: Any = None) -> bool:
    def plain(document: Any, form: str, file: Any, watch: Any) -> None:
        file.write(document.title.encode())

    return statutory.execute_export(
        database, run_id=run.id, folder=folder, write=write or plain, now=now or (lambda: story.APRIL)
    )


def state_of(database: Database, run: Any) -> ExportRun:
    with database.reading() as session:
        return session.get_one(ExportRun, run.id)


def test_a_file_is_made_once_and_kept_for_its_days(told: Database, tmp_path: Path) -> None:
    run = asked(told)
    assert ran(told, run, tmp_path)
    assert not ran(told, run, tmp_path), "a run that is over is left alone"
    row = state_of(told, run)
    assert (row.state, row.keep_until_on) == ("done", date(2026, 4, 17))
    with told.transaction() as session:
        assert statutory.purge_exports(session, folder=tmp_path, now=story.APRIL) == 0
        later = story.APRIL + timedelta(days=8)
        assert statutory.purge_exports(session, folder=tmp_path, now=later) == 1
    assert state_of(told, run).state == "expired"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_cancelled_while_it_is_made_leaves_nothing(told: Database, tmp_path: Path) -> None:
    run = asked(told)
    ticks = iter(range(1, 10_000))

    def stopped(document: Any, form: str, file: io.BytesIO, watch: Any) -> None:
        file.write(b"half")
        with told.transaction() as session:
            actor = story.actor(told, "enterprise")
            statutory.cancel_export(session, actor=actor, run_id=run.id, now=story.APRIL)
        watch(1, 2)

    assert not ran(told, run, tmp_path, stopped, lambda: story.APRIL + timedelta(seconds=2 * next(ticks)))
    assert state_of(told, run).state == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_worker_died_is_made_by_another(told: Database, tmp_path: Path) -> None:
    run = asked(told)
    with told.transaction() as session:
        row = session.get_one(ExportRun, run.id)
        row.state, row.attempt, row.lease_until_at = "running", 1, story.APRIL - timedelta(seconds=1)
    with told.transaction() as session:
        assert statutory.requeue_exports(session, now=story.APRIL) == [run.id]
    assert ran(told, run, tmp_path)


def test_a_file_that_kills_its_workers_is_given_up(told: Database) -> None:
    run = asked(told)
    with told.transaction() as session:
        row = session.get_one(ExportRun, run.id)
        row.state, row.attempt, row.lease_until_at = "running", 3, story.APRIL - timedelta(seconds=1)
    with told.transaction() as session:
        assert statutory.requeue_exports(session, now=story.APRIL) == []
    assert state_of(told, run).failure == "export.worker_lost"


def test_a_file_that_cannot_be_written_is_failed_and_said_so(told: Database, tmp_path: Path) -> None:
    run = asked(told)

    def broken(*_: Any) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        ran(told, run, tmp_path, broken)
    row = state_of(told, run)
    assert (row.state, row.failure) == ("failed", "export.failed")
    assert list(tmp_path.iterdir()) == []


def test_nobody_asks_for_more_than_five_files_at_once(told: Database) -> None:
    for _ in range(5):
        asked(told)
    with pytest.raises(Conflict, match=r"export\.too_many"):
        asked(told)


def test_another_unit_cannot_fetch_the_file(told: Database, tmp_path: Path) -> None:
    run = asked(told)
    ran(told, run, tmp_path)
    with told.reading() as session:
        own, path = statutory.file_of(
            session, actor=story.actor(told, "enterprise"), run_id=run.id, folder=tmp_path
        )
        assert path.is_file()
        assert own.file_name.endswith(".xlsx")
        for kind in ("platform", "plant"):
            with pytest.raises(NotFound):
                statutory.file_of(session, actor=story.actor(told, kind), run_id=run.id, folder=tmp_path)
