"""Whole files: ledger tables of a period, plan of a year, a declaration, the ledger book of a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ... import ledger
from ...domain import calendar
from ...domain.errors import InvalidInput
from ...domain.statutory import periods
from ...domain.statutory.balance import balance
from ...domain.statutory.sheets import Cell, Column, Document, Sheet
from ...ledger import integrating
from ...ledger.checkpoints import short_form
from ...models import reference
from ...models.batches import Container
from ...models.filings import Declaration, newest_declarations
from ...models.manifests import Manifest
from ...models.organisations import Organisation
from . import access
from .content import balance_sheet, read
from .declaring import draft_of
from .ledger_tables import ledger_sheets
from .lines import Watch, book_of
from .plan_tables import CLASS_NAMES, plan_view

KINDS = ("ledger", "plan", "declaration", "book")
DAYS_MAX = 1_100

MANIFESTS = Sheet(
    "联单",
    "危险废物转移联单目录",
    (
        Column("number", "序号", "number"),
        Column("manifest_no", "联单编号", wide=2),
        Column("loaded_at", "移出时间", "at"),
        Column("mover_out", "移出单位", wide=2),
        Column("acceptor", "接受单位", wide=2),
        Column("waste_code", "危险废物代码"),
        Column("containers", "容器数", "number"),
        Column("loaded_g", "移出量", "tonnes"),
        Column("accepted_g", "接受量", "tonnes"),
        Column("state", "状态"),
    ),
)
LABELS = Sheet(
    "标签",
    "标签与容器现状",
    (
        Column("number", "序号", "number"),
        Column("container_code", "数字识别码", wide=3),
        Column("waste_code", "危险废物代码"),
        Column("on", "产生/接收日期", "on"),
        Column("mass_g", "现重", "tonnes"),
        Column("prints", "打印次数", "number"),
        Column("state", "状态"),
    ),
)
CASES = Sheet(
    "差异",
    "未处理的差异事项",
    (
        Column("number", "序号", "number"),
        Column("container_code", "容器/包装编码", wide=3),
        Column("waste_code", "危险废物代码"),
        Column("mass_g", "差异量（少为正）", "tonnes"),
        Column("due_on", "处理期限", "on"),
    ),
)
FILED = Sheet(
    "申报",
    "申报记录",
    (
        Column("number", "序号", "number"),
        Column("period", "申报期间"),
        Column("edition", "版次", "number"),
        Column("filed_at", "提交时间", "at"),
        Column("due_on", "期限", "on"),
        Column("receipt_no", "回执编号", wide=2),
        Column("sha256", "内容摘要（SHA-256）", wide=3),
    ),
)
MANIFEST_STATES: Mapping[str, str] = {
    "draft": "草稿", "submitted": "待装车", "loaded": "已移出", "in_transit": "运输中",
    "arrived": "已运抵待确认", "accepted": "已办结", "discrepancy": "差异待处理", "rejected": "拒收",
    "void": "作废", "paper_pending": "纸质待补录",
}  # fmt: skip
CONTAINER_STATES: Mapping[str, str] = {
    "registered": "待打印标签", "labelled": "贮存中", "loaded": "运输中", "refused_on_arrival": "平台拒收",
    "stored": "平台在库", "in_lot": "待出库", "shipped": "转移中",
    "at_plant": "处置单位在库", "missing": "盘点未找到", "treated": "已利用处置",
    "repacked": "已倒入其他容器", "lost": "已全部申报损耗", "void": "已作废",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a file is about. `options` are those of `checked_options`."""

    unit: Organisation
    kind: str
    options: Mapping[str, Any]
    now: datetime
    watch: Watch | None = None

    @property
    def today(self) -> date:
        return calendar.on_date(self.now)


def checked_options(kind: str, given: Mapping[str, str], *, today: date) -> dict[str, Any]:
    """The options of a kind of file, from what a person typed.

    Raises InvalidInput: export.kind_unknown, export.period_wrong(longest_days), declaration.period_unknown.
    """
    if kind == "ledger":
        start_on = _day(given.get("start_on", ""), "start_on", date(today.year, 1, 1))
        end_on = _day(given.get("end_on", ""), "end_on", today)
        if not start_on <= end_on or (end_on - start_on).days > DAYS_MAX:
            raise InvalidInput("export.period_wrong", field="end_on", longest_days=DAYS_MAX)
        return {"start_on": start_on.isoformat(), "end_on": end_on.isoformat()}
    if kind in ("plan", "book"):
        year = given.get("year", "") or str(today.year)
        if not (year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100):
            raise InvalidInput("export.period_wrong", field="year", longest_days=DAYS_MAX)
        return {"year": int(year)}
    if kind == "declaration":
        edition = given.get("edition", "")
        number = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < 6 else 0
        return {"period": periods.parse(given.get("period", "")).key, "edition": number}
    raise InvalidInput("export.kind_unknown", field="kind")


def _day(text: str, field: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InvalidInput("export.period_wrong", field=field, longest_days=DAYS_MAX) from wrong


def compose(session: Session, wanted: Wanted) -> Document:
    """The tables of a file."""
    made: Document = {
        "ledger": _ledger,
        "plan": _plan,
        "declaration": _declaration,
        "book": _book,
    }[wanted.kind](session, wanted)
    return made


def _head(wanted: Wanted, period: str) -> tuple[tuple[str, str], ...]:
    unit = wanted.unit
    return (
        ("单位名称", unit.name),
        ("统一社会信用代码", unit.credit_code or ""),
        ("管理类别", CLASS_NAMES[access.class_of(unit)]),
        ("期间", period),
        ("生成时间", f"{wanted.now.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M}"),
    )


def _kept(session: Session, today: date) -> str:
    years = reference.legal_limit(session, "ledger_retention_years", today)
    law = reference.legal_limit(session, "ledger_statutory_retention_years", today)
    return f"管理台账保存期限：标准要求不少于 {law} 年，本系统保存 {years} 年（HJ 1259-2022 6.4）。"


def _ledger(session: Session, wanted: Wanted) -> Document:
    start_on = date.fromisoformat(wanted.options["start_on"])
    end_on = date.fromisoformat(wanted.options["end_on"])
    book = book_of(session, wanted.unit, watch=wanted.watch)
    rows = balance(book.lines, start_on=start_on, end_on=end_on)
    return Document(
        title="危险废物管理台账",
        name=f"台账_{wanted.unit.short_name}_{start_on:%Y%m%d}-{end_on:%Y%m%d}",
        facts=(*_head(wanted, f"{start_on} 至 {end_on}"), ("账本记录数", str(book.size))),
        sheets=(*ledger_sheets(session, book, start_on=start_on, end_on=end_on), balance_sheet(rows)),
        notes=(_kept(session, wanted.today),),
    )


def _plan(session: Session, wanted: Wanted) -> Document:
    year = wanted.options["year"]
    view = plan_view(session, unit=wanted.unit, year=year, on=wanted.today)
    number = view.plan.filing_no if view.plan else ""
    return Document(
        title=f"{year} 年危险废物管理计划",
        name=f"管理计划_{wanted.unit.short_name}_{year}",
        facts=(*_head(wanted, f"{year} 年"), ("备案编号", number)),
        sheets=view.sheets,
    )


def _declaration(session: Session, wanted: Wanted) -> Document:
    """An edition as it was filed; edition 0 is the draft as the ledger gives it now."""
    period, edition = periods.parse(wanted.options["period"]), wanted.options["edition"]
    query = select(Declaration).where(
        Declaration.organisation_id == wanted.unit.id,
        Declaration.period == period.key,
        Declaration.edition == edition,
    )
    row = session.scalar(query) if edition else None
    if row is None:
        draft = draft_of(session, wanted.unit, period, now=wanted.now, watch=wanted.watch)
        sheets, facts = draft.sheets, (("状态", "未提交的草稿"), ("申报期限", str(draft.due_on)))
        note = f"按账本前 {draft.size} 条记录生成。"
    else:
        sheets, note = (
            read(row.content),
            f"按账本前 {row.ledger_size} 条记录生成。内容摘要 {row.content_sha256}",
        )
        filed = f"{row.filed_at.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M}"
        facts = (("状态", f"第 {row.edition} 版，{filed} 提交"), ("回执编号", row.receipt_no))
    return Document(
        title=f"危险废物申报表（{period.key}）",
        name=f"申报_{wanted.unit.short_name}_{period.key}",
        facts=(*_head(wanted, f"{period.start_on} 至 {period.end_on}"), *facts),
        sheets=sheets,
        notes=(note,),
    )


def _book(session: Session, wanted: Wanted) -> Document:
    """Everything an inspector asks for, of one unit and year."""
    year, unit = wanted.options["year"], wanted.unit
    start_on, end_on = date(year, 1, 1), date(year, 12, 31)
    book = book_of(session, unit, watch=wanted.watch)
    rows = balance(book.lines, start_on=start_on, end_on=end_on)
    plan = plan_view(session, unit=unit, year=year, on=wanted.today)
    newest = integrating.latest(session)
    return Document(
        title=f"{year} 年危险废物管理台账",
        name=f"台账册_{unit.short_name}_{year}",
        facts=(
            *_head(wanted, f"{start_on} 至 {min(end_on, wanted.today)}"),
            ("地址", unit.address),
            ("联系人", f"{unit.contact_name} {unit.contact_phone}".strip()),
            ("管理计划备案编号", plan.plan.filing_no if plan.plan else ""),
            ("账本记录数", str(book.size)),
        ),
        sheets=(
            *plan.sheets,
            *ledger_sheets(session, book, start_on=start_on, end_on=end_on),
            _manifests(session, unit, year),
            balance_sheet(rows),
            _filed(session, unit, year),
            _labels(session, unit),
            _cases(session, unit),
        ),
        notes=(_kept(session, wanted.today),),
        seal=newest.note if newest else "",
        seal_short=short_form(newest.size, newest.root) if newest else "",
        cover=True,
    )


def _manifests(session: Session, unit: Organisation, year: int) -> Sheet:
    start = calendar.at_time(date(year, 1, 1), 0)
    until = calendar.at_time(date(year + 1, 1, 1), 0)
    query = (
        select(Manifest)
        .where(
            or_(Manifest.mover_out_id == unit.id, Manifest.acceptor_id == unit.id),
            Manifest.state != "void",
            Manifest.loaded_at >= start,
            Manifest.loaded_at < until,
        )
        .options(joinedload(Manifest.mover_out), joinedload(Manifest.acceptor), selectinload(Manifest.lines))
        .order_by(Manifest.loaded_at, Manifest.provisional_no)
    )
    rows: list[tuple[Cell, ...]] = []
    for paper in session.scalars(query):
        for line in paper.lines:
            rows.append(
                (
                    len(rows) + 1, paper.number, paper.loaded_at, paper.mover_out.name, paper.acceptor.name,
                    line.waste_code, line.containers, line.loaded_g, line.accepted_g,
                    MANIFEST_STATES.get(paper.state, paper.state),
                )
            )  # fmt: skip
    return MANIFESTS.filled(rows)


def _filed(session: Session, unit: Organisation, year: int) -> Sheet:
    found = newest_declarations(session, organisation_ids=[unit.id])
    mine = [
        row for _, row in sorted(found.items(), key=lambda each: each[0][1]) if row.period[:4] == str(year)
    ]
    return FILED.filled(
        (number, row.period, row.edition, row.filed_at, row.due_on, row.receipt_no, row.content_sha256)
        for number, row in enumerate(mine, 1)
    )


def _labels(session: Session, unit: Organisation) -> Sheet:
    """The containers that the unit holds now."""
    query = (
        select(Container)
        .where(Container.holder_id == unit.id, Container.state.not_in(("treated", "void")))
        .options(joinedload(Container.batch))
        .order_by(Container.label_code)
    )
    return LABELS.filled(
        (
            number, row.label_code, row.batch.waste_code, row.stored_since_on, row.mass_g, row.prints,
            CONTAINER_STATES.get(row.state, row.state),
        )
        for number, row in enumerate(session.scalars(query), 1)
    )  # fmt: skip


def _cases(session: Session, unit: Organisation) -> Sheet:
    return CASES.filled(
        (number, case.label, case.code, case.mass_g, case.due_on)
        for number, case in enumerate(ledger.open_cases(session, place=unit.site), 1)
    )
