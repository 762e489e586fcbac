"""The five ledger tables of HJ 1259-2022, appendix B, as the entries fill them.

Mass in tonnes, to the kilogram and below as recorded. Columns that no entry speaks of stay empty: the law's
names of wastes and the licences of acceptors are reference data, persons are pseudonyms.
Source: HJ 1259-2022, tables B.1 to B.5 with the notes under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from ..vocabulary import TYPES
from .reports import csv_chunks
from .scopes import REGION_TIME
from .telling import Told, ToldLine
from .zipping import StoredZip

_CONTAINER = ("容器/包装编码", "容器/包装类型", "容器/包装数量")
_WASTE = ("行业俗称/单位内部名称", "国家危险废物名录名称", "危险废物类别", "危险废物代码")
COLUMNS = {
    "B.1": ("序号", "产生批次编码", "产生时间", *_WASTE, "产生量", "计量单位", *_CONTAINER,
            "产生危险废物设施编码", "产生部门经办人", "去向"),
    "B.2": ("序号", "入库批次编码", "入库时间", *_CONTAINER, *_WASTE, "入库量", "计量单位", "贮存设施编码",
            "贮存设施类型", "运送部门经办人", "贮存部门经办人", "产生批次编码"),
    "B.3": ("序号", "出库批次编码", "出库时间", *_CONTAINER, *_WASTE, "出库量", "计量单位", "贮存设施编码",
            "贮存设施类型", "出库部门经办人", "运送部门经办人", "入库批次编码", "去向"),
    "B.4": ("序号", "自行利用/处置批次编码", "自行利用/处置时间", *_CONTAINER, *_WASTE, "自行利用/处置量",
            "计量单位", "自行利用/处置设施编码", "自行利用/处置方式", "自行利用/处置完毕时间",
            "自行利用/处置部门经办人", "产生批次编码/出库批次编码"),
    "B.5": ("序号", "委外利用/处置批次编码", "出厂时间", *_CONTAINER, *_WASTE, "委外利用/处置量", "计量单位",
            "利用/处置方式", "接收单位类型", "危险废物经营许可证持有单位：单位名称",
            "危险废物经营许可证持有单位：许可证编码", "危险废物利用处置环节豁免管理单位：单位名称",
            "中华人民共和国境外的危险废物利用处置单位：单位名称",
            "中华人民共和国境外的危险废物利用处置单位：出口核准通知单编号", "产生批次编码/出库批次编码"),
}  # fmt: skip
TITLES = {
    "B.1": "产生环节记录表",
    "B.2": "入库环节记录表",
    "B.3": "出库环节记录表",
    "B.4": "自行利用处置环节记录表",
    "B.5": "委外利用处置记录表",
}
# Every acceptor in this loop holds a licence: platforms and plants.
LICENSED = "危险废物经营许可证持有单位"
Row = Sequence[object]


def write(entries: Iterable[Told], out: IO[bytes]) -> int:
    """A zip file with one CSV per table; how many rows. Entries that the books hold are left out."""
    rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    for entry in entries:
        for table in TYPES[entry.event.type].hj1259.split() if not entry.held else ():
            rows[table] += rows_of(table, entry, len(rows[table]) + 1)
    with StoredZip(out) as made:
        for table, columns in COLUMNS.items():
            made.add_chunks(f"HJ1259-{table}.csv", csv_chunks(columns, rows[table]))
    return sum(map(len, rows.values()))


def rows_of(table: str, entry: Told, number: int) -> Iterator[Row]:
    """The rows that an entry writes into a table, one per container, numbered from `number` on."""
    for at, line in enumerate(_lines(table, entry)):
        cells = _cells(table, entry, line, at)
        yield [number + at, *(cells.get(column, "") for column in COLUMNS[table][1:])]


def _lines(table: str, entry: Told) -> Sequence[ToldLine]:
    """A repacking takes its inputs out of the store (B.3) and puts its outputs into it (B.2)."""
    if TYPES[entry.event.type].rule not in ("repack", "recode"):
        return entry.lines
    emptied, filled = entry.poured()
    return emptied if table == "B.3" else filled


def _cells(table: str, entry: Told, line: ToldLine, at: int) -> dict[str, object]:
    event, batch_no = entry.event, line.batch.rpartition("/")[2]
    amount, batch, moment, facility, person = _NAMES[table]
    types = event.facts.get("container_types")
    cells: dict[str, object] = {
        batch: event.subject or batch_no,
        moment: f"{event.at.astimezone(REGION_TIME):%Y-%m-%d %H:%M}",
        "行业俗称/单位内部名称": event.facts.get("internal_name", ""),
        "危险废物类别": f"HW{line.code[-2:]}" if line.code else "",
        "危险废物代码": line.code,
        amount: tonnes(line.mass_g),
        "计量单位": "吨",
        "容器/包装编码": line.label,
        "容器/包装类型": types[at] if isinstance(types, list) and at < len(types) else "",
        "容器/包装数量": 1,
        facility: event.site,
        person: event.author,
        "去向": line.now_at if table == "B.3" else "贮存" if table == "B.1" else "",
        "产生批次编码": batch_no if table != "B.1" else event.subject,
        "产生批次编码/出库批次编码": batch_no,
    }
    if table == "B.1" and isinstance(event.facts.get("produced_on"), str):
        cells[moment] = event.facts["produced_on"]
    if table == "B.4":
        cells |= {"自行利用/处置方式": event.facts.get("method", ""), "自行利用/处置完毕时间": cells[moment]}
    if table == "B.5":
        cells |= {"接收单位类型": LICENSED, f"{LICENSED}：单位名称": event.facts.get("plant", "")}
    return cells


# Amount, batch, time, facility and person of each table: the norm words them anew each time.
_NAMES = {
    "B.1": ("产生量", "产生批次编码", "产生时间", "产生危险废物设施编码", "产生部门经办人"),
    "B.2": ("入库量", "入库批次编码", "入库时间", "贮存设施编码", "贮存部门经办人"),
    "B.3": ("出库量", "出库批次编码", "出库时间", "贮存设施编码", "出库部门经办人"),
    "B.4": ("自行利用/处置量", "自行利用/处置批次编码", "自行利用/处置时间", "自行利用/处置设施编码",
            "自行利用/处置部门经办人"),
    "B.5": ("委外利用/处置量", "委外利用/处置批次编码", "出厂时间", "", ""),
}  # fmt: skip


def tonnes(mass_g: int) -> str:
    """Grams as tonnes, exact, without trailing zeros beyond the kilogram."""
    whole, rest = divmod(mass_g, 1_000_000)
    digits = f"{rest:06d}"
    return f"{whole}.{digits[:3]}{digits[3:].rstrip('0')}"
