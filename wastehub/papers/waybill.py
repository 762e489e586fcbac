"""The dangerous-goods waybill 危险货物运单 on A4: parties, vehicle, crew, goods, five checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .sheet import Column, Field, Head, Sheet

FIELDS: Mapping[str, tuple[str, str]] = {
    "consignor": ("托运人", "Consignor"),
    "consignor_phone": ("托运人电话", "Telephone"),
    "loader": ("装货人", "Loader"),
    "loader_phone": ("装货人电话", "Telephone"),
    "consignee": ("收货人", "Consignee"),
    "consignee_phone": ("收货人电话", "Telephone"),
    "departs_at": ("起运日期时间", "Departure"),
    "loading_place": ("起运地（装货地点）", "Loaded at"),
    "destination": ("目的地", "Destination"),
    "city_delivery": ("是否城市配送", "City delivery"),
    "carrier": ("承运人", "Carrier"),
    "carrier_permit": ("道路运输经营许可证号", "Operating permit"),
    "carrier_phone": ("承运人电话", "Telephone"),
    "plate": ("车牌号及颜色", "Plate"),
    "vehicle_certificate": ("道路运输证号", "Vehicle certificate"),
    "trailer": ("挂车", "Trailer"),
    "tank": ("罐体编号及容积", "Tank"),
    "driver": ("驾驶员", "Driver"),
    "driver_certificate": ("从业资格证号", "Certificate"),
    "driver_phone": ("驾驶员电话", "Telephone"),
    "escort": ("押运员", "Escort"),
    "escort_certificate": ("从业资格证号", "Certificate"),
    "escort_phone": ("押运员电话", "Telephone"),
    "dispatcher": ("调度人", "Dispatched by"),
    "dispatched_at": ("调度日期", "Date"),
    "remarks": ("备注", "Remarks"),
}
ROWS = (
    ("consignor", "consignor_phone"),
    ("loader", "loader_phone"),
    ("consignee", "consignee_phone"),
    ("departs_at", "city_delivery"),
    ("loading_place", "destination"),
    ("carrier", "carrier_permit"),
    ("carrier_phone", "plate"),
    ("vehicle_certificate", "trailer", "tank"),
    ("driver", "driver_certificate", "driver_phone"),
    ("escort", "escort_certificate", "escort_phone"),
    ("dispatcher", "dispatched_at"),
    ("remarks",),
)
GOODS = (
    ("un_number", "UN 编号", "UN no.", 1.2), ("name", "品名（废物名称）", "Name", 2.6),
    ("waste_code", "废物代码", "Waste code", 1.3), ("hazard_class", "类别", "Class", 1.2),
    ("packing_group", "包装类别", "PG", 1.2), ("packaging", "包装规格", "Packaging", 1.8),
    ("containers", "件数", "Packages", 0.8), ("mass", "质量/千克", "Mass, kg", 1.2),
)  # fmt: skip
MANIFESTS = (
    ("number", "转移联单编号", "Manifest", 2.0), ("mover_out", "移出人", "Mover-out", 3.2),
    ("containers", "件数", "Packages", 0.8), ("mass", "质量/千克", "Mass, kg", 1.2),
    ("state", "状态", "State", 1.3),
)  # fmt: skip
CHECKS = (
    ("name", "装车五必查", "Five checks at loading", 4.0), ("outcome", "结果", "Result", 1.2),
    ("by", "检查人", "Checked by", 1.6), ("at", "时间", "Time", 1.8), ("note", "说明", "Note", 2.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WaybillFacts:
    """What is printed, in words; keys as in FIELDS, GOODS, MANIFESTS and CHECKS."""

    head: Head
    values: Mapping[str, str]
    goods: Sequence[Mapping[str, str]]
    total: Mapping[str, str]
    manifests: Sequence[Mapping[str, str]]
    checks: Sequence[Mapping[str, str]]
    warning: str = ""


def pdf(facts: WaybillFacts) -> bytes:
    sheet = Sheet(facts.head, label_mm=24.0)
    if facts.warning:
        sheet.note(facts.warning, strong=True)
    sheet.space(1.5)
    for row in ROWS:
        sheet.fields([Field(FIELDS[name], facts.values.get(name, "")) for name in row])
    sheet.heading(("货物", "Goods"))
    _table(sheet, GOODS, facts.goods, facts.total)
    sheet.heading(("随车转移联单", "Manifests carried"))
    _table(sheet, MANIFESTS, facts.manifests, facts.total)
    sheet.heading(("装车检查", "Checks"))
    _table(sheet, CHECKS, facts.checks, {})
    sheet.signatures(
        [("托运人", "Consignor"), ("驾驶员", "Driver"), ("押运员", "Escort"), ("收货人", "Consignee")]
    )
    return sheet.file()


def _table(
    sheet: Sheet,
    shown: Sequence[tuple[str, str, str, float]],
    rows: Sequence[Mapping[str, str]],
    total: Mapping[str, str],
) -> None:
    columns = [Column((zh, en), share, right=key in ("containers", "mass")) for key, zh, en, share in shown]
    last = [total.get(key, "") if key in ("containers", "mass") else "" for key, *_ in shown] if total else []
    if last:
        last[0] = "合计 Total"
    sheet.table(columns, [[row.get(key, "") or "—" for key, *_ in shown] for row in rows], last)
