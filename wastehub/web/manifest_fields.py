"""Where each field of a transfer manifest comes from: one function per field, in the words of the paper.

`docs/forms.md` tells the same in a table; a test compares the two with domain/manifests.PARTS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..domain import manifests, waste_codes
from ..models.handing_over import AgreedChange
from ..models.manifests import DiscrepancyReport, ManifestCarriage
from ..services.handing_over import HandingOver
from ..services.manifests import FormLine, ManifestForm
from .formatting import at, mass

FORMS_ZH = {"liquid": "液态", "solid": "固态", "sludge": "泥态", "semi_solid": "半固态", "gas": "气态"}
OPINIONS_ZH = {"accepted": "接受", "partly": "部分接受", "refused": "不接受"}
PURPOSES_ZH = {1: "收集、贮存", 2: "利用或处置"}
CONFIRMED_BY_ZH = {"glass": "手签", "code": "交接码", "standing": "常年授权"}


def tonnes(mass_g: int | None) -> str:
    """Grams as tonnes, the unit of the form (HJ 1259-2022, 6.2), to the 100 g of a scale or finer."""
    if mass_g is None:
        return ""
    whole, rest = divmod(abs(mass_g), 1_000_000)
    digits = f"{rest:06d}"
    return f"{'-' if mass_g < 0 else ''}{whole:,}.{digits if rest % 100 else digits[:4]}"


def _present(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _crew(person: object, name: str) -> str:
    return str(getattr(person, name)) if person is not None else ""


def _moment(value: object) -> str:
    return at(value) if value is not None else ""  # type: ignore[arg-type]


def _via(form: ManifestForm) -> str:
    if form.round is None:
        return "移出地至接受地，不经停" if form.lot else ""
    return f"按收运任务 {form.round.round_no} 路线依次经停各移出人"


def _track(form: ManifestForm) -> str:
    if not form.positions:
        return "未接收到定位点"
    return f"定位点 {form.positions} 个，随扫码记录保存"


def _purpose(form: ManifestForm, line: FormLine) -> str:
    if form.manifest.leg == 1:
        return PURPOSES_ZH[1]
    return {"utilisation": "利用", "disposal": "处置"}.get(
        line.method.kind if line.method else "", PURPOSES_ZH[2]
    )


def _differences(form: ManifestForm) -> str:
    paper = form.manifest
    if paper.opinion_note:
        decided = f"；处理意见：{form.report.decision_note}" if form.report else "；待处理"
        return paper.opinion_note + decided
    return "无" if paper.opinion else ""


def reported(report: DiscrepancyReport | None) -> str:
    """Whom the acceptor told of a difference, and when (Art. 18)."""
    if report is None:
        return ""
    number = f"，报告编号 {report.report_no}" if report.report_no else ""
    return (
        f"已于 {at(report.told_at)} 告知移出人（{report.told_whom}）；"
        f"已于 {at(report.reported_at)} 报告 {report.authority}{number}"
    )


def carriages(rows: list[ManifestCarriage]) -> list[dict[str, str]]:
    """The later carriers as the paper's table shows them."""
    return [
        {
            "seq": str(row.seq),
            "carrier": f"{row.carrier_name} {row.carrier_permit_number}",
            "vehicle": f"{row.vehicle_plate} {row.vehicle_certificate_number}",
            "crew": f"{_present(row.driver_name, row.driver_phone)}、{row.escort_name}",
            "place": row.place,
            "at": at(row.handed_over_at),
        }
        for row in rows
    ]


def _carriages(form: ManifestForm) -> str:
    return "；".join(" ".join(row.values()) for row in carriages(form.manifest.carriages))


FORM_FIELDS: Mapping[str, Callable[[ManifestForm], str]] = MappingProxyType(
    {
        "mover_out_name": lambda f: f.manifest.mover_out.name,
        "mover_out_credit_code": lambda f: f.manifest.mover_out.credit_code or "",
        "mover_out_address": lambda f: f.manifest.mover_out.address,
        "mover_out_contact": lambda f: f.manifest.mover_out.contact_name,
        "mover_out_phone": lambda f: f.manifest.mover_out.contact_phone,
        "emergency_phone": lambda f: (
            f.manifest.mover_out.emergency_phone or f.manifest.mover_out.contact_phone
        ),
        "acceptor_name": lambda f: f.manifest.acceptor.name,
        "acceptor_permit_number": lambda f: f.acceptor_permit,
        "carrier_name": lambda f: f.manifest.carrier.name,
        "emergency_measures": lambda f: f.precautions_zh,
        "handed_over_at": lambda f: _moment(f.manifest.loaded_at),
        "carrier_permit_number": lambda f: f.carrier_permit,
        "vehicle_plate": lambda f: f.vehicle.plate,
        "vehicle_certificate_number": lambda f: f.vehicle.permit_number,
        "driver_name": lambda f: _crew(f.driver, "name"),
        "driver_phone": lambda f: _crew(f.driver, "phone"),
        "escort_name": lambda f: _crew(f.escort, "name"),
        "transport_start": lambda f: f.manifest.mover_out.address or f.manifest.mover_out.name,
        "transport_end": lambda f: f.manifest.acceptor.address or f.manifest.acceptor.name,
        "via": _via,
        "departed_at": lambda f: _moment(f.manifest.loaded_at),
        "track": _track,
        "carriages": _carriages,
        "arrived_at": lambda f: _moment(f.manifest.arrived_at),
        "receiver_name": lambda f: f.manifest.acceptor.name,
        "receiver_permit_number": lambda f: f.acceptor_permit,
        "receiver_contact": lambda f: _present(
            f.manifest.acceptor.contact_name, f.manifest.acceptor.contact_phone
        ),
        "received_at": lambda f: _moment(f.received_at),
        "acceptance_opinion": lambda f: OPINIONS_ZH.get(f.manifest.opinion, ""),
        "acceptor_handler": lambda f: f.handler,
        "discrepancy_note": _differences,
        "discrepancy_report": lambda f: reported(f.report),
    }
)

LINE_FIELDS: Mapping[str, Callable[[ManifestForm, FormLine], str]] = MappingProxyType(
    {
        "waste_name": lambda _f, each: each.waste.name_zh,
        "waste_category": lambda _f, each: waste_codes.category(each.line.waste_code),
        "waste_code": lambda _f, each: each.line.waste_code,
        "hazards": lambda _f, each: each.line.hazards,
        "form": lambda _f, each: FORMS_ZH.get(each.line.form, each.line.form),
        "harmful_component": lambda _f, each: each.harmful,
        "packaging": lambda _f, each: each.line.packaging,
        "package_count": lambda _f, each: str(each.line.containers),
        "moved_mass_g": lambda _f, each: tonnes(each.line.loaded_g),
        "purpose": _purpose,
        "accepted_mass_g": lambda _f, each: tonnes(each.line.accepted_g),
        "method_code": lambda f, each: _method(f, each),
    }
)


def _method(form: ManifestForm, each: FormLine) -> str:
    if each.method is not None:
        return f"{each.method.code} {each.method.name_zh}"
    return "收集、贮存" if form.manifest.leg == 1 and form.manifest.opinion else ""


def hand_over_of(found: HandingOver, packagings: Mapping[str, tuple[str, str]]) -> list[str]:
    """Who confirmed at the gate what was loaded, and what both changed before, one line each.

    `packagings`: names of container types, Chinese first.
    """
    confirmed = [
        f"{CONFIRMED_BY_ZH[row.way]} {row.person_name}".strip()
        + f" {at(row.confirmed_at)}，{row.containers} 件 {mass(row.mass_g)}"
        for row in found.confirmations
    ]
    return confirmed + [_changed(row, packagings) for row in found.changes]


def _changed(row: AgreedChange, packagings: Mapping[str, tuple[str, str]]) -> str:
    if row.what == "amount":
        what = f"登记重量 {mass(row.before_g)} → {mass(row.after_g)}"
    else:
        before, after = (packagings[code or ""][0] for code in (row.before_type, row.after_type))
        what = f"包装 {before} → {after}"
    who = f"{row.firm_name}、{row.crew_name}"
    return f"现场变更 …{row.container.label_code[-11:]} {what}（{who}）{at(row.agreed_at)}"


def values_of(form: ManifestForm) -> dict[str, str]:
    """Every field that a manifest has once."""
    return {name: source(form) for name, source in FORM_FIELDS.items()}


def lines_of(form: ManifestForm) -> list[dict[str, str]]:
    """Every field that each waste line has."""
    return [{name: source(form, each) for name, source in LINE_FIELDS.items()} for each in form.lines]


def missing_sources() -> set[str]:
    """Fields of the form that nothing fills in: none, or the test fails."""
    once = {row.name for row in manifests.PARTS if not row.per_line}
    each = {row.name for row in manifests.PARTS if row.per_line}
    return (once - FORM_FIELDS.keys()) | (each - LINE_FIELDS.keys())
