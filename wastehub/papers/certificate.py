"""The disposal certificate 利用处置证明 of a batch on A4: what was treated, what is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .sheet import Column, Field, Head, Sheet

FIELDS: Mapping[str, tuple[str, str]] = {
    "firm": ("产废单位", "Firm"),
    "repacked_by": ("重新包装单位", "Repacked by"),
    "credit_code": ("统一社会信用代码", "Credit code"),
    "batch_no": ("产生批次编码", "Batch"),
    "repacked_batch": ("重新包装批次编码", "Repacked batch"),
    "produced_on": ("产生日期", "Generated on"),
    "repacked_on": ("重新包装日期", "Repacked on"),
    "waste": ("废物名称", "Waste"),
    "waste_code": ("废物类别及代码", "Category, code"),
    "generated": ("产生量（登记）", "Generated"),
    "poured_in": ("倒入量（重新包装）", "Poured in"),
    "treated": ("已利用处置量", "Treated"),
    "share": ("已利用处置占比", "Share treated"),
}
# The rows above the tables: of a batch that a firm generated, and of one that came out of a repacking.
GENERATED = (
    ("firm", "credit_code"), ("batch_no", "produced_on"), ("waste",), ("waste_code",),
    ("generated", "treated"), ("share",),
)  # fmt: skip
REPACKED = (
    ("repacked_by", "credit_code"), ("repacked_batch", "repacked_on"), ("waste",), ("waste_code",),
    ("poured_in", "treated"), ("share",),
)  # fmt: skip
SOURCES = (
    ("source", "来源单位", "From", 3.2), ("source_batch", "来源批次编码", "Batch", 2.2),
    ("into", "倒入批次", "Poured into", 2.2), ("mass", "质量/千克", "Mass, kg", 1.3),
)  # fmt: skip
TREATMENTS = (
    ("number", "利用处置批次编码", "Treatment", 2.3), ("plant", "利用处置单位", "Plant", 2.6),
    ("permit", "许可证编号", "Licence", 1.9), ("method", "方式", "Method", 2.6),
    ("at", "完成时间", "Finished", 1.3), ("mass", "本批质量/千克", "Of this batch, kg", 1.5),
)  # fmt: skip
MANIFESTS = (
    ("number", "转移联单编号", "Manifest", 1.9), ("from", "移出人", "Mover-out", 2.4),
    ("to", "接受人", "Acceptor", 2.4),
    ("accepted_at", "接受时间", "Accepted", 1.5), ("state", "状态", "State", 1.2),
)  # fmt: skip
WHERE = (("place", "去向", "Where", 4.0), ("mass", "质量/千克", "Mass, kg", 1.4))


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What is printed, in words; keys as in FIELDS, SOURCES, TREATMENTS, MANIFESTS and WHERE."""

    head: Head
    values: Mapping[str, str]
    treatments: Sequence[Mapping[str, str]]
    treated: str
    manifests: Sequence[Mapping[str, str]]
    where: Sequence[Mapping[str, str]]
    generated: str
    statement: str
    open_points: Sequence[str] = ()
    sources: Sequence[Mapping[str, str]] = ()


def pdf(facts: CertificateFacts) -> bytes:
    sheet = Sheet(facts.head)
    sheet.note(facts.statement, strong=True)
    sheet.space(1)
    for row in REPACKED if facts.sources else GENERATED:
        sheet.fields([Field(FIELDS[name], facts.values.get(name, "")) for name in row])
    if facts.sources:
        sheet.heading(("由何而来（账本）", "What it was made from, by the ledger"))
        _table(sheet, SOURCES, facts.sources, "")
    sheet.heading(("利用处置", "Use and disposal"))
    _table(sheet, TREATMENTS, facts.treatments, facts.treated)
    sheet.heading(("每一千克的去向（账本）", "Where each kilogram is, by the ledger"))
    _table(sheet, WHERE, facts.where, facts.generated)
    sheet.heading(("转移联单", "Manifests"))
    _table(sheet, MANIFESTS, facts.manifests, "")
    sheet.heading(("尚未办结", "Still open"))
    for point in facts.open_points or ("没有尚未办结的事项。 Nothing is open.",):
        sheet.note(point, strong=bool(facts.open_points))
    sheet.note(
        "本证明只由账本记录生成，质量为称重量。查验：扫左侧二维码打开在线记录；右侧二维码为完整的封存点，"
        "可与任何见证方公布的封存点比对。 Made from ledger entries only. Left code: the record; right code: "
        "the signed checkpoint."
    )
    return sheet.file()


def _table(
    sheet: Sheet,
    shown: Sequence[tuple[str, str, str, float]],
    rows: Sequence[Mapping[str, str]],
    total: str,
) -> None:
    columns = [Column((zh, en), share, right=key == "mass") for key, zh, en, share in shown]
    last = ["合计 Total", *[""] * (len(shown) - 2), total] if total else []
    sheet.table(columns, [[row.get(key, "") or "—" for key, *_ in shown] for row in rows], last)
