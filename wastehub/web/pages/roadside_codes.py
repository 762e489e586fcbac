"""The driver's side of a roadside check: show a code, see that it was opened, take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for

from ...domain import calendar
from ...services import roadside
from .. import label_drawing, roadside_tokens
from ..acting import Act, acting, viewing
from ..context import settings

QR_MM = 70

pages = Blueprint("roadside_codes", __name__, url_prefix="/driver")


@pages.get("/rounds/<uuid:round_id>/roadside")
@viewing("roadside.show")
def show(act: Act, round_id: UUID) -> Any:
    """The code to hold out of the window, how long it lasts, how often it was opened."""
    row, alive = roadside.alive(act.session, actor=act.actor, round_id=round_id, now=act.now)
    links = [
        {
            "id": each.id,
            "expires_at": each.expires_at,
            "minutes": max(1, round((each.expires_at - act.now).total_seconds() / 60)),
            "openings": openings,
            "qr": label_drawing.qr_svg(_address(each.id), side_mm=QR_MM, label="QR"),
            "address": _address(each.id),
        }
        for each, openings in alive
    ]
    return render_template("roadside_codes/show.html", round=row, links=links, on=calendar.on_date(act.now))


def _address(pass_id: UUID) -> str:
    return f"{settings().base_url.rstrip('/')}/r/{roadside_tokens.token_of(pass_id)}"


@pages.post("/rounds/<uuid:round_id>/roadside")
@acting("roadside.show")
def make(act: Act, round_id: UUID) -> Any:
    roadside.show(act.session, actor=act.actor, round_id=round_id, now=act.now)
    return redirect(url_for("roadside_codes.show", round_id=round_id))


@pages.post("/roadside/<uuid:pass_id>/revoke")
@acting("roadside.show")
def revoke(act: Act, pass_id: UUID) -> Any:
    made = roadside.revoke(act.session, actor=act.actor, pass_id=pass_id, now=act.now)
    return redirect(url_for("roadside_codes.show", round_id=made.round_id))
