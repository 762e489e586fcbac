"""The transfer manifest 危险废物转移联单 on A4: three parts, every field under its own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from wastehub.domain import manifests

from .sheet import Column, Field, Head, Sheet

NAMES = {row.name: (row.name_zh, row.name_en) for row in manifests.PARTS}
PART_1 = (
    ("mover_out_name", "mover_out_credit_code"),
    ("mover_out_address", "carrier_name"),
    ("mover_out_contact", "mover_out_phone"),
    ("emergency_phone", "handed_over_at"),
    ("acceptor_name", "acceptor_permit_number"),
    ("emergency_measures",),
)
PART_2 = (
    ("carrier_permit_number", "vehicle_plate"),
    ("vehicle_certificate_number", "driver_name"),
    ("driver_phone", "escort_name"),
    ("transport_start", "transport_end"),
    ("departed_at", "arrived_at"),
    ("via", "track"),
)
PART_3 = (
    ("receiver_name", "receiver_permit_number"),
    ("receiver_contact", "received_at"),
    ("acceptance_opinion", "acceptor_handler"),
    ("discrepancy_note", "discrepancy_report"),
)
WASTE = (
    ("waste_name", 2.5), ("waste_category", 0.9), ("waste_code", 1.45), ("hazards", 0.9), ("form", 0.8),
    ("harmful_component", 1.4), ("packaging", 1.75), ("package_count", 0.95), ("moved_mass_g", 1.1),
    ("purpose", 1.0),
)  # fmt: skip
ACCEPTED = (("waste_code", 1.4), ("moved_mass_g", 1.2), ("accepted_mass_g", 1.2), ("method_code", 3.6))
CARRIAGE = (
    ("seq", "段", "Leg", 0.5), ("carrier", "承运人及许可证号", "Carrier, permit", 2.6),
    ("vehicle", "车牌号、营运证件号", "Plate, certificate", 2.0),
    ("crew", "驾驶员、押运员", "Driver, escort", 1.8),
    ("place", "交接地点", "Place", 1.8), ("at", "交接时间", "Time", 1.6),
)  # fmt: skip
MASSES = frozenset({"moved_mass_g", "accepted_mass_g", "package_count"})
# Below the signatures, outside the form's own cells: the form has no field for it.
REMARKS = MappingProxyType({"hand_over": "移出人现场交接确认（平台记录，非联单栏目）"})


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What is printed, in words. `values` by field name of domain/manifests; `lines` one mapping per waste.

    `totals`: moved_mass_g and accepted_mass_g; `carriages`: the second and later carriers. `hand_over`:
    one line for each confirmation and each change that both agreed on at the gate.
    """

    head: Head
    values: Mapping[str, str]
    lines: Sequence[Mapping[str, str]]
    totals: Mapping[str, str]
    carriages: Sequence[Mapping[str, str]] = ()
    hand_over: Sequence[str] = ()
    containers: str = ""
    warning: str = ""


def pdf(facts: ManifestFacts) -> bytes:
    """The paper; the same facts give the same bytes."""
    sheet = Sheet(facts.head)
    if facts.warning:
        sheet.note(facts.warning, strong=True)
    sheet.heading(("第一部分　危险废物移出信息（由移出人填写）", "Part 1, by the mover-out"))
    sheet.fields(*_rows(PART_1, facts.values))
    _waste_table(sheet, WASTE, facts)
    sheet.heading(("第二部分　危险废物运输信息（由承运人填写）", "Part 2, by the carrier"))
    sheet.fields(*_rows(PART_2, facts.values))
    if facts.carriages:
        sheet.table(
            [Column((zh, en), share) for _, zh, en, share in CARRIAGE],
            [[row[key] for key, *_ in CARRIAGE] for row in facts.carriages],
        )
    sheet.heading(("第三部分　危险废物接受信息（由接受人填写）", "Part 3, by the acceptor"))
    sheet.fields(*_rows(PART_3, facts.values))
    _waste_table(sheet, ACCEPTED, facts)
    sheet.signatures([("移出人", "Mover-out"), ("承运人", "Carrier"), ("接受人", "Acceptor")])
    if facts.hand_over:
        sheet.note(f"{REMARKS['hand_over']}：{'；'.join(facts.hand_over)}")
    if facts.containers:
        sheet.note(facts.containers)
    return sheet.file()


def _rows(names: Sequence[Sequence[str]], values: Mapping[str, str]) -> list[list[Field]]:
    return [[Field(NAMES[name], values.get(name, "")) for name in row] for row in names]


def _waste_table(sheet: Sheet, shown: Sequence[tuple[str, float]], facts: ManifestFacts) -> None:
    columns = []
    for name, share in shown:
        zh, en = NAMES[name]
        unit = "/吨" if name.endswith("_mass_g") else ""
        columns.append(Column((zh + unit, en + (", t" if unit else "")), share, right=name in MASSES))
    rows = [[line.get(name, "") or "—" for name, _ in shown] for line in facts.lines]
    total = [facts.totals.get(name, "") for name, _ in shown]
    total[0] = "合计 Total"
    sheet.table(columns, rows, total)


def layout_names() -> set[str]:
    """Every field of the form that has a place on the paper."""
    cells = {name for part in (PART_1, PART_2, PART_3) for row in part for name in row}
    return cells | {name for name, _ in (*WASTE, *ACCEPTED)} | {"carriages"}
