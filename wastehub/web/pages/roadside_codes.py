"""The driver's side of a roadside check: show a code, see that it was opened, renew it, take it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from ...domain import calendar
from ...models.roadside import RoadsidePass
from ...services import duty, roadside
from ...services.roadside import Shown
from .. import label_drawing, roadside_tokens
from ..acting import Act, acting, viewing
from .duty import phone_text

QR_MM = 70

pages = Blueprint("roadside_codes", __name__, url_prefix="/driver")


def shown_links(found: Iterable[Shown], now: datetime) -> list[dict[str, Any]]:
    """Links that open now as pages show them: code, address, minutes left, how often opened."""
    return [
        {
            "id": each.made.id,
            "expires_at": each.made.expires_at,
            "minutes": max(1, round((each.made.expires_at - now).total_seconds() / 60)),
            "openings": each.openings,
            "qr": label_drawing.qr_svg(address, side_mm=QR_MM, label=_("路检二维码")),
            "address": address,
        }
        for each in found
        for address in [roadside_tokens.address_of(each.made.id)]
    ]


@pages.get("/rounds/<uuid:round_id>/roadside")
@viewing("roadside.show")
def show(act: Act, round_id: UUID) -> Any:
    """The code to hold out of the window, how long it lasts, how often it was opened."""
    row, alive = roadside.alive(act.session, actor=act.actor, round_id=round_id, now=act.now)
    load = duty.carried_papers(act.session, actor=act.actor, round_id=round_id)
    return render_template(
        "roadside_codes/show.html",
        round=row,
        links=shown_links(alive, act.now),
        on=calendar.on_date(act.now),
        load=load,
        saved_at=act.now,
        phone_text=phone_text(row, load, act.now),
    )


@pages.post("/rounds/<uuid:round_id>/roadside")
@acting("roadside.show")
def make(act: Act, round_id: UUID) -> Any:
    roadside.show(act.session, actor=act.actor, round_id=round_id, now=act.now)
    return redirect(url_for("roadside_codes.show", round_id=round_id))


@pages.post("/roadside/<uuid:pass_id>/renew")
@acting("roadside.show")
def renew(act: Act, pass_id: UUID) -> Any:
    made = roadside.renew(act.session, actor=act.actor, pass_id=pass_id, now=act.now)
    return _back(made)


@pages.post("/roadside/<uuid:pass_id>/revoke")
@acting("roadside.show")
def revoke(act: Act, pass_id: UUID) -> Any:
    made = roadside.revoke(act.session, actor=act.actor, pass_id=pass_id, now=act.now)
    return _back(made)


def _back(made: RoadsidePass) -> Any:
    """To the page from which the link was shown."""
    if made.lot_id is not None:
        return redirect(url_for("facility.lot", lot_id=made.lot_id))
    return redirect(url_for("roadside_codes.show", round_id=made.round_id))
