"""Signs to print: the plan of a store's zones, the facility (HJ 1276-2022)."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for

from ...domain import calendar, signs
from ...domain.errors import NotFound
from ...papers import signs as paper
from ...services import store_signs
from .. import words
from ..acting import Act, viewing
from ..context import settings
from .firm_codes import pdf

pages = Blueprint("signs", __name__, url_prefix="/signs")
pages.record_once(lambda state: words.register(state.app))

# Statutory Chinese on the sign, whatever the reader's language.
FACILITY_KINDS = {
    "enterprise": "危险废物贮存设施",
    "platform": "危险废物贮存设施",
    "plant": "危险废物利用处置设施",
}


@pages.get("")
@viewing("sign.print")
def index(act: Act) -> Any:
    plan = store_signs.store_plan(act.session, actor=act.actor, on=calendar.on_date(act.now))
    return render_template(
        "signs/index.html",
        plan=plan,
        zone_sizes=_sizes(signs.ZONE, plan),
        facility_sizes=_sizes(signs.FACILITY, plan),
        size_name=lambda size: words.in_language(size, "where"),
        code_href=url_for("firm_codes.code", organisation_id=plan.unit.id)
        if plan.unit.kind == "enterprise"
        else "",
    )


def _sizes(sizes: Any, plan: store_signs.StorePlan) -> list[tuple[signs.SignSize, tuple[int, int]]]:
    return [(size, signs.size_mm(sizes, key, plan.template)) for key, size in sizes.items()]


@pages.get("/zones.pdf")
@viewing("sign.print")
def zone_sign(act: Act) -> Response:
    """The plan of the zones; `zone`: the one in which the sign hangs is marked."""
    plan = store_signs.store_plan(act.session, actor=act.actor, on=calendar.on_date(act.now))
    store_signs.require_zones(plan)
    size = signs.size_mm(signs.ZONE, request.args.get("size", "zone_near"), plan.template)
    here = _here(plan)
    boxes = [
        paper.ZoneBox(
            each.zone.code,
            each.zone.name_zh,
            (*(group.name_zh for group in each.groups), "、".join(each.codes)),
            here=each.zone.id == here,
        )
        for each in plan.zones
    ]
    file = io.BytesIO()
    sign = paper.ZoneSign(
        plan.unit.name,
        boxes,
        plan.unit.contact_phone,
        ground=signs.colour(signs.GROUND, plan.template),
        field=signs.colour(signs.FIELD, plan.template),
    )
    paper.write_zone_sign(file, sign, size)
    return pdf(file, f"zones-{plan.unit.code}.pdf")


def _here(plan: store_signs.StorePlan) -> UUID | None:
    asked = request.args.get("zone", "")
    found = next((each.zone.id for each in plan.zones if each.zone.code == asked), None)
    if asked and found is None:
        raise NotFound("object.not_found")
    return found


@pages.get("/facility.pdf")
@viewing("sign.print")
def facility_sign(act: Act) -> Response:
    plan = store_signs.store_plan(act.session, actor=act.actor, on=calendar.on_date(act.now))
    size = signs.size_mm(signs.FACILITY, request.args.get("size", "facility_near"), plan.template)
    unit = plan.unit
    sign = paper.FacilitySign(
        kind=FACILITY_KINDS[unit.kind],
        unit_name=unit.name,
        code=unit.code,
        contact=" ".join(part for part in (unit.contact_name, unit.contact_phone) if part),
        qr_text=f"{settings().base_url.rstrip('/')}/f/{unit.id}",
        ground=signs.colour(signs.GROUND, plan.template),
    )
    file = io.BytesIO()
    paper.write_facility_sign(file, sign, size)
    return pdf(file, f"facility-{unit.code}.pdf")
