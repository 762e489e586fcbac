"""The crew's screens beside the gate: emergency card, rest, unloading, relay, end of the day."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, render_template
from flask_babel import gettext as _
from markupsafe import Markup

from ...domain import calendar, directions, safety_cards
from ...domain.driving_time import Moment
from ...models.route_plans import Round
from ...services import cab, duty
from ...services.duty import CarriedPapers
from .. import formatting
from ..acting import Act, viewing
from ..context import settings
from ..label_drawing import qr_svg

pages = Blueprint("duty", __name__, url_prefix="/driver")

QR_MM = 60


def links_to(name: str, address: str, lon_e6: int, lat_e6: int) -> dict[str, str]:
    """Addresses by map service, for templates."""
    place = directions.place_of(name=name, address=address or "", lon_e6=lon_e6, lat_e6=lat_e6)
    return directions.links(place)


def moments_json(moments: Iterable[Moment]) -> str:
    """What moves the driving clock, for rest.js."""
    return json.dumps([{"what": each.what, "at_s": each.at_s} for each in moments])


pages.record_once(
    lambda state: state.app.jinja_env.globals.update(directions=links_to, moments_json=moments_json)
)


class Call(NamedTuple):
    """A number to ring."""

    number: str
    name_zh: str
    name_en: str


def emergency_calls(text: str) -> list[Call]:
    """The numbers of WASTEHUB_EMERGENCY_CALLS: "number,Chinese,English;..."."""
    rows = [[part.strip() for part in row.split(",")] for row in text.split(";") if row.strip()]
    return [Call(row[0], row[1], row[2] if len(row) > 2 else row[1]) for row in rows if len(row) > 1]


@pages.get("/emergency")
@viewing("round.drive")
def emergency(act: Act) -> str:
    """What to do when something goes wrong with the load; also without a PIN and without a network."""
    day = cab.my_day(act.session, actor=act.actor, today=calendar.on_date(act.now))
    row: Round | None = None
    cards: list[duty.EmergencyCard] = []
    if day.now is not None:
        row, cards = duty.emergency_cards(act.session, actor=act.actor, round_id=day.now.id)
    platform = row.platform if row else None
    return render_template(
        "duty/emergency.html",
        round=row,
        cards=cards,
        calls=emergency_calls(settings().emergency_calls),
        duty_phone=(platform.emergency_phone or platform.contact_phone) if platform else "",
        first_steps=safety_cards.FIRST_STEPS,
        rows_for=safety_cards.rows_for,
    )


@pages.get("/rounds/<uuid:round_id>/rest")
@viewing("round.drive")
def rest(act: Act, round_id: UUID) -> str:
    """The driving clock, and the two buttons of a rest."""
    row = cab.my_round(act.session, actor=act.actor, round_id=round_id)
    return render_template(
        "duty/rest.html",
        round=row,
        duty=duty.cab_duty(act.session, actor=act.actor, row=row, now=act.now),
        on_duty=row.state == "under_way",
    )


@pages.get("/rounds/<uuid:round_id>/unload")
@viewing("round.drive")
def unload(act: Act, round_id: UUID) -> str:
    """What the gate has weighed in of what this round brought."""
    row, trips, names = duty.unloading(act.session, actor=act.actor, round_id=round_id)
    return render_template("duty/unload.html", round=row, trips=trips, names=names)


@pages.get("/rounds/<uuid:round_id>/relay")
@viewing("round.drive")
def relay(act: Act, round_id: UUID) -> str:
    """Give the load to another vehicle, or take one over."""
    row, partners = duty.relay_partners(act.session, actor=act.actor, round_id=round_id)
    loads: dict[Any, dict[str, Any]] = {}
    for each in partners.aboard:
        load = loads.setdefault(
            each.request_id, {"firm": each.batch.enterprise.short_name, "ids": [], "mass_g": 0}
        )
        load["ids"].append(str(each.id))
        load["mass_g"] += each.mass_g
    return render_template("duty/relay.html", round=row, partners=partners, loads=list(loads.values()))


@pages.get("/rounds/<uuid:round_id>/day-end")
@viewing("round.drive")
def day_end(act: Act, round_id: UUID) -> str:
    """What the phone still holds beside what the server has, and the day's close."""
    end = duty.day_end(act.session, actor=act.actor, round_id=round_id)
    closed = any(each.author == act.actor.author for each in end.closings)
    return render_template("duty/day_end.html", end=end, closed=closed)


def phone_text(row: Round, load: CarriedPapers, saved_at: Any) -> dict[str, str | Markup]:
    """What an officer can note down of an offline copy, as text and as a code that carries nothing else."""
    waybills = " ".join(load.waybills.values()) or "—"
    said = _(
        "离线副本 %(at)s；%(plate)s；任务 %(round)s；运单 %(waybills)s；联单 %(papers)s；"
        "%(count)s 个容器 %(mass)s；联网核对请打平台电话 %(phone)s",
        at=formatting.at(saved_at),
        plate=row.vehicle.plate,
        round=row.round_no,
        waybills=waybills,
        papers=" ".join(paper.number for paper in load.manifests) or "—",
        count=len(load.containers),
        mass=formatting.mass(load.mass_g),
        phone=row.platform.emergency_phone or row.platform.contact_phone,
    )
    return {"text": said, "qr": qr_svg(said, side_mm=QR_MM, label=_("离线副本"))}
