"""Manifest, waybill, safety card, certificate as files: facts of services in the words of papers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from ..domain import hazards, waste_codes, waybills
from ..ledger import integrating
from ..ledger.checkpoints import short_form
from ..models import reference
from ..models.organisations import Organisation
from ..papers import certificate, manifest, safety_card, waybill
from ..papers.certificate import CertificateFacts
from ..papers.manifest import ManifestFacts
from ..papers.safety_card import SafetyFacts
from ..papers.sheet import Head, Pair, Seal
from ..papers.waybill import WaybillFacts
from ..services import handing_over
from ..services.certificates import Certificate
from ..services.manifests import ManifestForm
from ..services.waybills import Goods, WaybillView
from . import manifest_fields
from .formatting import at, mass_kg, on
from .manifest_fields import FORMS_ZH, tonnes

LEGS: Mapping[int, Pair] = {
    1: ("产废单位 → 收集平台", "enterprise to platform"),
    2: ("收集平台 → 利用处置单位", "platform to plant"),
}
STATES_ZH: Mapping[str, str] = {
    "draft": "草稿",
    "submitted": "待装车",
    "loaded": "已移出",
    "in_transit": "运输中",
    "arrived": "已运抵，待确认",
    "discrepancy": "差异待处理",
    "accepted": "已接受，办结",
    "rejected": "拒收，退运",
    "void": "已作废",
    "paper_pending": "纸质联单待补录",
}
OUTCOMES_ZH = {waybills.PASSED: "合格", waybills.FAILED: "不合格", waybills.NOT_APPLICABLE: "不适用"}
TO_FILL_IN = "托运人填写"
ACCOUNTS_ZH = {
    "STOCK": "贮存",
    "TRANS": "运输途中",
    "DONE": "已利用处置",
    "LOSS": "已说明损耗",
    "SPILL": "已申报泄漏",
    "TOL": "称重允差内差异",
    "SUSP": "待查差异",
}
CONTAINERS_SHOWN = 60


def seal_of(session: Session) -> Seal | None:
    """The newest checkpoint; None before the first."""
    newest = integrating.latest(session)
    return Seal(newest.size, short_form(newest.size, newest.root), newest.note) if newest else None


def hand_over_of(session: Session, form: ManifestForm) -> list[str]:
    """What was confirmed and changed at the gate of the manifest's stop; nothing for a lot."""
    if form.manifest.stop_id is None:
        return []
    found = handing_over.at_stops(session, [form.manifest.stop_id])[form.manifest.stop_id]
    packed = any(row.what == "packaging" for row in found.changes)
    return manifest_fields.hand_over_of(found, reference.container_type_names(session) if packed else {})


def manifest_facts(
    form: ManifestForm, *, hand_over: Sequence[str], link: str, seal: Seal | None, now: datetime
) -> ManifestFacts:
    """The manifest in words. `link`: where it can be checked; it and the number stand in the code.

    `hand_over`: of `hand_over_of`.
    """
    doc = form.manifest
    remark = "" if doc.official_no else "临时编号；正式编号由国家危险废物信息管理系统生成后填写。"
    if doc.official_no:
        remark = f"系统编号 {doc.provisional_no}"
    if doc.on_paper:
        entered = f"，{on(doc.backfilled_at)} 补录" if doc.backfilled_at else "，待补录"
        remark += f" 本次转移使用纸质联单{(' ' + doc.paper_no) if doc.paper_no else ''}{entered}。"
    state = STATES_ZH[doc.state]
    labels = " ".join(each.label_code[-11:] for each in form.containers[:CONTAINERS_SHOWN])
    return ManifestFacts(
        head=Head(
            title=("危险废物转移联单", "Hazardous waste transfer manifest"),
            number=doc.number,
            subtitle=(LEGS[doc.leg][0], f"　状态：{state}"),
            remark=remark.strip(),
            link=f"{link}#{doc.number}",
            author=doc.carrier.name,
            printed_at=at(now),
            seal=seal,
        ),
        values=manifest_fields.values_of(form),
        lines=manifest_fields.lines_of(form),
        totals={
            "package_count": str(sum(each.line.containers for each in form.lines)),
            "moved_mass_g": tonnes(form.loaded_g),
            "accepted_mass_g": tonnes(form.accepted_g),
        },
        carriages=manifest_fields.carriages(doc.carriages),
        hand_over=hand_over,
        containers=f"容器 {len(form.containers)} 个（识别码末 11 位）：{labels}" if form.containers else "",
        warning="本联单已作废。" if doc.state == "void" else "",
    )


def manifest_pdf(session: Session, form: ManifestForm, *, link: str, now: datetime) -> bytes:
    """The manifest on A4 with what happened at the gate and the newest checkpoint."""
    said, seal = hand_over_of(session, form), seal_of(session)
    return manifest.pdf(manifest_facts(form, hand_over=said, link=link, seal=seal, now=now))


def _goods(each: Goods) -> dict[str, str]:
    known = each.transport
    return {
        "un_number": (known.un_number if known else "") or TO_FILL_IN,
        "name": (known.shipping_name + "（" if known and known.shipping_name else "")
        + f"废物：{each.waste.name_zh}"
        + ("）" if known and known.shipping_name else ""),
        "waste_code": each.waste.code,
        "hazard_class": (known.hazard_class if known else "") or TO_FILL_IN,
        "packing_group": (known.packing_group if known else "") or TO_FILL_IN,
        "packaging": each.packaging,
        "containers": str(each.containers),
        "mass": mass_kg(each.mass_g),
    }


def waybill_facts(view: WaybillView, *, link: str, seal: Seal | None, now: datetime) -> WaybillFacts:
    """The waybill in words; before the checks it says that none is issued."""
    doc, own, driver, escort = view.waybill, view.carrier, view.driver, view.escort
    task = view.round.round_no if view.round else view.lot.lot_no if view.lot else ""
    trip = f" 第 {view.trip.seq} 趟" if view.trip else ""
    newest = doc.newest if doc else []
    values = {
        "consignor": view.consignor.name,
        "consignor_phone": view.consignor.contact_phone,
        "loader": own.name,
        "loader_phone": own.contact_phone,
        "consignee": view.consignee.name,
        "consignee_phone": view.consignee.contact_phone,
        "departs_at": at(view.departs_at) + ("" if view.departed else "（计划）"),
        "loading_place": "；".join(view.loading_places),
        "destination": view.consignee.address or view.consignee.name,
        "city_delivery": "否",
        "carrier": own.name,
        "carrier_permit": view.carrier_permit,
        "carrier_phone": own.contact_phone,
        "plate": view.vehicle.plate,
        "vehicle_certificate": view.vehicle.permit_number,
        "trailer": "无",
        "tank": "无（包装货物）",
        "driver": driver.name if driver else "",
        "driver_certificate": driver.certificate_no if driver else "",
        "driver_phone": driver.phone if driver else "",
        "escort": escort.name if escort else "",
        "escort_certificate": escort.certificate_no if escort else "",
        "escort_phone": escort.phone if escort else "",
        "dispatcher": own.short_name,
        "dispatched_at": on(doc.issued_at) if doc else "",
        "remarks": f"收运任务或出库批次 {task}{trip}；核定载质量 {mass_kg(view.vehicle.capacity_g)} 千克",
    }
    warning = ""
    if doc is None:
        warning = "运单尚未签发：还没有完成装车五必查，车辆不得出发。"
    elif not view.fit and not view.departed:
        warning = "五必查未全部合格，或班组、车辆已更换：车辆不得出发。"
    return WaybillFacts(
        head=Head(
            title=("危险货物运单", "Dangerous goods waybill"),
            number=view.number or "未签发",
            subtitle=("一车一趟一单", f"　{task}{trip}"),
            remark="UN 编号、类别、包装类别由托运人确定（《危险废物转移管理办法》第十三条）。",
            link=f"{link}#{view.number}" if view.number else link,
            author=own.name,
            printed_at=at(now),
            seal=seal,
        ),
        values=values,
        goods=[_goods(each) for each in view.goods],
        total={"containers": str(view.containers), "mass": mass_kg(view.mass_g)},
        manifests=[
            {
                "number": paper.number,
                "mover_out": paper.mover_out.name,
                "containers": str(sum(line.containers for line in paper.lines)),
                "mass": mass_kg(
                    sum(line.declared_g if line.loaded_g is None else line.loaded_g for line in paper.lines)
                ),
                "state": STATES_ZH[paper.state],
            }
            for paper in view.manifests
        ],
        checks=[
            {
                "name": waybills.CHECKS[row.key].name_zh,
                "outcome": OUTCOMES_ZH[row.outcome],
                "by": view.checkers.get(row.checked_by, "") or row.checked_by.partition(":")[2][:18],
                "at": at(row.checked_at),
                "note": row.note,
            }
            for row in newest
        ]
        or [{"name": check.name_zh, "outcome": "未检查"} for check in waybills.CHECKS.values()],
        warning=warning,
    )


def waybill_pdf(view: WaybillView, *, link: str, seal: Seal | None, now: datetime) -> bytes:
    return waybill.pdf(waybill_facts(view, link=link, seal=seal, now=now))


def safety_facts(view: WaybillView, *, link: str, seal: Seal | None, now: datetime) -> SafetyFacts:
    """The safety card of a load in words: the worst first, every number to call."""
    own = view.carrier
    names = [f"{hazards.PROPERTIES[letter].name_zh} {letter}" for letter in view.hazards]
    contacts = [("承运人、托运人应急电话", _reached(own)), ("收货人", _reached(view.consignee))]
    people = [f"{person.name} {person.phone}".strip() for person in (view.driver, view.escort) if person]
    return SafetyFacts(
        head=Head(
            title=("危险货物道路运输安全卡", "Safety card of the load"),
            number=view.number or (view.round.round_no if view.round else ""),
            subtitle=("所载危险特性：" + ("、".join(names) or "—"), ""),
            remark="随车携带，事故时交给救援人员。本卡文字为默认内容，不替代托运人的安全数据。",
            link=link,
            author=own.name,
            printed_at=at(now),
            seal=seal,
        ),
        hazards=view.hazards,
        wastes=[
            {
                "name": each.waste.name_zh,
                "waste_code": each.waste.code,
                "un_number": (each.transport.un_number if each.transport else "") or TO_FILL_IN,
                "hazards": "、".join(
                    f"{hazards.PROPERTIES[letter].name_zh}" for letter in hazards.parse(each.hazards)
                ),
                "form": FORMS_ZH.get(each.form, each.form),
                "containers": str(each.containers),
                "mass": mass_kg(each.mass_g),
            }
            for each in view.goods
        ],
        contacts=contacts,
        values={"plate": view.vehicle.plate, "crew": "；".join(people)},
        never_together=_never_together(view),
    )


def _never_together(view: WaybillView) -> str:
    """Each group of the load with what it may never meet, and why; then the wastes that travel alone."""
    parts = [f"{each.own.name_zh} × {each.other.name_zh}：{each.pair.reason_zh}" for each in view.apart]
    parts += [f"{waste.name_zh}（{waste.code}）：未确定相容性分组，单独运输" for waste in view.ungrouped]
    english = [f"{each.own.name_en} × {each.other.name_en}" for each in view.apart]
    english += [f"{waste.code} travels alone" for waste in view.ungrouped]
    return f"{'；'.join(parts)}。 {'; '.join(english)}." if parts else ""


def _reached(unit: Organisation) -> str:
    """A unit and the number under which it is reached in an emergency."""
    return f"{unit.name} {unit.emergency_phone or unit.contact_phone or '（没有登记电话）'}"


def safety_pdf(view: WaybillView, *, link: str, seal: Seal | None, now: datetime) -> bytes:
    return safety_card.pdf(safety_facts(view, link=link, seal=seal, now=now))


def certificate_facts(found: Certificate, *, link: str, seal: Seal | None, now: datetime) -> CertificateFacts:
    """The certificate in words, with everything that is still open said plainly."""
    batch, firm = found.batch, found.batch.enterprise
    share = _treated_permille(found)
    kg = _in_kg(_masses(found))
    kind = "合并、分装批次" if found.sources else "产生批次"
    statement = (
        f"兹证明：{firm.name} {kind} {batch.batch_no} 的危险废物已全部利用处置。"
        if found.complete
        else f"截至打印时间，{firm.name} {kind} {batch.batch_no} 的危险废物部分利用处置，尚有未办结事项。"
    )
    return CertificateFacts(
        head=Head(
            title=("危险废物利用处置证明", "Certificate of use or disposal"),
            number=f"ZM-{firm.code}-{batch.batch_no}",
            subtitle=("按账本记录出具", "　from ledger entries only"),
            link=link,
            author=firm.name,
            printed_at=at(now),
            seal=seal,
        ),
        values={
            **_begun(found, kg),
            "credit_code": firm.credit_code or "",
            "waste": _both_names(batch.internal_name, found.waste.name_zh),
            "waste_code": f"{waste_codes.category(batch.waste_code)}　{batch.waste_code}",
            "treated": f"{kg(found.treated_g)} 千克",
            "share": f"{share // 10}.{share % 10}%",
        },
        treatments=[
            {
                "number": each.treatment.treatment_no,
                "plant": each.treatment.plant.name,
                "permit": each.permit_number,
                "method": f"{each.method.code} {each.method.name_zh}",
                "at": at(each.treatment.treated_at),
                "mass": kg(each.mass_g),
            }
            for each in found.treatments
        ]
        + _through_others(found, kg),
        treated=kg(found.treated_g),
        manifests=[
            {
                "number": paper.number,
                "from": paper.mover_out.name,
                "to": paper.acceptor.name,
                "accepted_at": at(paper.decided_at) if paper.opinion else "",
                "state": STATES_ZH[paper.state],
            }
            for paper in found.manifests
        ],
        where=[
            {"place": f"{ACCOUNTS_ZH[kind]}：{found.places[place]}", "mass": kg(grams)}
            for kind, place, grams in found.where
        ],
        generated=kg(found.begun_g),
        statement=statement,
        open_points=_open_points(found, kg),
        sources=[
            {
                "source": each.batch.enterprise.name,
                "source_batch": each.batch.batch_no,
                "into": each.into,
                "mass": kg(each.mass_g),
            }
            for each in found.sources
        ],
    )


def _begun(found: Certificate, kg: Callable[[int], str]) -> dict[str, str]:
    """Who began the batch, when and with how much: its firm generated it, or somebody poured it together."""
    names = ("firm", "batch_no", "produced_on", "generated")
    if found.sources:
        names = ("repacked_by", "repacked_batch", "repacked_on", "poured_in")
    batch = found.batch
    mass = f"{kg(found.begun_g)} 千克"
    said = (batch.enterprise.name, batch.batch_no, on(batch.produced_on), mass)
    return dict(zip(names, said, strict=True))


def _treated_permille(found: Certificate) -> int:
    """How much of what there was has been treated: by the scales' last word, so that all of it is 100 %.

    What weighing found more or less than was registered is not part of it: it stands in its own lines.
    """
    weighed_g = sum(grams for kind, _place, grams in found.where if kind != "TOL")
    return found.treated_g * 1000 // weighed_g if weighed_g > 0 else 0


def _masses(found: Certificate) -> list[int]:
    return [
        found.begun_g,
        found.treated_g,
        *(grams for _kind, _place, grams in found.where),
        *(each.mass_g for each in found.treatments),
        *(each.mass_g for each in found.sources),
    ]


def _in_kg(masses_g: Iterable[int]) -> Callable[[int], str]:
    """Kilograms with as many decimals as the finest of these masses needs: columns add up by eye."""
    return partial(mass_kg, to_gram=any(mass_g % 100 for mass_g in masses_g))


def _both_names(internal: str, catalogue: str) -> str:
    """Names are a pair (HJ 1259-2022, 6.2): the firm's own and that of the catalogue."""
    return catalogue if internal in ("", catalogue) else f"{internal}（{catalogue}）"


def _through_others(found: Certificate, kg: Callable[[int], str]) -> list[dict[str, str]]:
    """What was treated in containers of other batches, after it had been poured together with them."""
    return [
        {
            "number": f"经重新包装批次 {each.batch_no}",
            "plant": found.places[each.place],
            "mass": kg(each.mass_g),
        }
        for each in found.through_others
    ]


def _open_points(found: Certificate, kg: Callable[[int], str]) -> list[str]:
    points = [
        f"{ACCOUNTS_ZH[kind]}：{found.places[place]} {kg(grams)} 千克"
        for kind, place, grams in found.where
        if kind in ("STOCK", "TRANS", "SUSP")
    ]
    points += [f"转移联单 {paper.number} {STATES_ZH[paper.state]}" for paper in found.open_manifests]
    if found.open_cases:
        points.append(f"称重差异 {found.open_cases} 项尚未说明")
    return points


def certificate_pdf(found: Certificate, *, link: str, seal: Seal | None, now: datetime) -> bytes:
    return certificate.pdf(certificate_facts(found, link=link, seal=seal, now=now))
