"""A lot on its way to a plant: its platform or its crew shows an officer the papers (F22)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from ....services import roadside
from ...acting import Act, acting
from .blueprint import pages
from .outbound import lot


@pages.post("/lots/<uuid:lot_id>/roadside")
@acting("roadside.show_lot", on_violation=lambda violation, lot_id: lot(lot_id, violation))
def show_lot(act: Act, lot_id: UUID) -> Any:
    """A new code for the load."""
    roadside.show_lot(act.session, actor=act.actor, lot_id=lot_id, now=act.now)
    flash(_("路检二维码已出示，30 分钟内有效。"), "good")
    return _back(lot_id)


@pages.post("/lots/<uuid:lot_id>/roadside/<uuid:pass_id>/renew")
@acting("roadside.show_lot", on_violation=lambda violation, lot_id, pass_id: lot(lot_id, violation))
def renew_lot_pass(act: Act, lot_id: UUID, pass_id: UUID) -> Any:
    """Half an hour more for a code that still opens."""
    roadside.renew(act.session, actor=act.actor, pass_id=pass_id, load_id=lot_id, now=act.now)
    flash(_("路检二维码已延长，从现在起 30 分钟内有效。"), "good")
    return _back(lot_id)


@pages.post("/lots/<uuid:lot_id>/roadside/<uuid:pass_id>/revoke")
@acting("roadside.show_lot", on_violation=lambda violation, lot_id, pass_id: lot(lot_id, violation))
def revoke_lot_pass(act: Act, lot_id: UUID, pass_id: UUID) -> Any:
    """The code opens no more."""
    roadside.revoke(act.session, actor=act.actor, pass_id=pass_id, load_id=lot_id, now=act.now)
    flash(_("路检二维码已收回，不再打开。"), "info")
    return _back(lot_id)


def _back(lot_id: UUID) -> Any:
    return redirect(url_for("facility.lot", lot_id=lot_id, _anchor="roadside"))
