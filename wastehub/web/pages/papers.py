"""Papers of a transport as files: waybill and safety card of a trip or lot, certificate of a batch.

The page of a trip shows whether it may leave, and takes the five checks; in the list of transport classes
the consignor says how a waste travels.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ...domain import waybills as rules
from ...domain.errors import RuleViolation
from ...services import certificates, waybills
from .. import transport_papers
from ..acting import Act, acting, viewing
from ..context import settings
from ..form_states import blank, refused

pages = Blueprint("papers", __name__, url_prefix="/papers")


def pdf_answer(data: bytes, name: str) -> Response:
    """A file that browsers show at once and save under a telling name."""
    answer = current_app.response_class(data, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def link_to(endpoint: str, **values: Any) -> str:
    """The address that stands in a paper's code."""
    return settings().base_url.rstrip("/") + url_for(endpoint, **values)


@pages.get("/trips/<uuid:trip_id>")
@viewing("waybill.view")
def trip(act: Act, trip_id: UUID, violation: RuleViolation | None = None) -> str:
    """What rides with a trip, and whether it may leave."""
    view = waybills.waybill_of_trip(act.session, actor=act.actor, trip_id=trip_id)
    may_check = view.trip is not None and view.trip.state == "planned" and act.actor.role == "dispatcher"
    return render_template(
        "papers/trip.html",
        view=view,
        trip=view.trip,
        checks=list(rules.CHECKS.values()),
        newest={row.key: row for row in (view.waybill.newest if view.waybill else [])},
        may_check=may_check and view.carrier.id == act.actor.organisation_id,
        form=blank() if violation is None else refused(request.form, violation),
    )


@pages.post("/trips/<uuid:trip_id>/checks")
@acting("waybill.check", on_violation=lambda violation, trip_id: trip(trip_id, violation))
def check_trip(act: Act, trip_id: UUID) -> Any:
    """Write down the five checks."""
    answers = {key: request.form.get(f"check_{key}", "") for key in rules.CHECKS}
    walk = waybills.Checking(
        act.actor, trip_id, {k: v for k, v in answers.items() if v}, request.form.get("note", "")
    )
    [made] = waybills.record_checks(act.session, checkings=[walk], now=act.now)
    if rules.may_depart(made.outcomes):
        flash(_("五必查全部合格，运单 %(number)s 已签发。", number=made.waybill_no), "good")
    else:
        flash(_("已登记不合格项，车辆不得出发。排除后请重新检查。"), "warn")
    return redirect(url_for("papers.trip", trip_id=trip_id))


@pages.get("/trips/<uuid:trip_id>/waybill.pdf")
@viewing("waybill.view")
def waybill(act: Act, trip_id: UUID) -> Response:
    """The dangerous-goods waybill of a trip."""
    view = waybills.waybill_of_trip(act.session, actor=act.actor, trip_id=trip_id)
    return _waybill(act, view, link_to("papers.trip", trip_id=trip_id))


@pages.get("/trips/<uuid:trip_id>/safety-card.pdf")
@viewing("waybill.view")
def safety_card(act: Act, trip_id: UUID) -> Response:
    """The safety card of what a trip carries or will carry."""
    view = waybills.waybill_of_trip(act.session, actor=act.actor, trip_id=trip_id)
    return _safety_card(act, view, link_to("papers.trip", trip_id=trip_id))


@pages.get("/lots/<uuid:lot_id>/waybill.pdf")
@viewing("waybill.view")
def lot_waybill(act: Act, lot_id: UUID) -> Response:
    """The dangerous-goods waybill of an outbound lot."""
    view = waybills.waybill_of_lot(act.session, actor=act.actor, lot_id=lot_id)
    return _waybill(act, view, link_to("facility.lot", lot_id=lot_id))


@pages.get("/lots/<uuid:lot_id>/safety-card.pdf")
@viewing("waybill.view")
def lot_safety_card(act: Act, lot_id: UUID) -> Response:
    """The safety card of an outbound lot."""
    view = waybills.waybill_of_lot(act.session, actor=act.actor, lot_id=lot_id)
    return _safety_card(act, view, link_to("facility.lot", lot_id=lot_id))


def _waybill(act: Act, view: waybills.WaybillView, link: str) -> Response:
    seal = transport_papers.seal_of(act.session)
    data = transport_papers.waybill_pdf(view, link=link, seal=seal, now=act.now)
    return pdf_answer(data, view.number or "waybill")


def _safety_card(act: Act, view: waybills.WaybillView, link: str) -> Response:
    seal = transport_papers.seal_of(act.session)
    data = transport_papers.safety_pdf(view, link=link, seal=seal, now=act.now)
    return pdf_answer(data, f"safety-card-{view.number}".rstrip("-"))


@pages.get("/batches/<uuid:batch_id>/certificate.pdf")
@viewing("certificate.view")
def certificate(act: Act, batch_id: UUID) -> Response:
    """The disposal certificate of a batch; refused while nothing of it has been treated."""
    found = certificates.certificate(act.session, actor=act.actor, batch_id=batch_id)
    link = link_to("papers.certificate", batch_id=batch_id)
    seal = transport_papers.seal_of(act.session)
    data = transport_papers.certificate_pdf(found, link=link, seal=seal, now=act.now)
    return pdf_answer(data, f"certificate-{found.batch.batch_no}")


@pages.get("/transport-classes")
@viewing("transport_class.view")
def transport_classes(act: Act, violation: RuleViolation | None = None) -> str:
    """How each waste in use travels as dangerous goods; those without an answer first."""
    return render_template(
        "papers/transport_classes.html",
        rows=waybills.transport_class_list(act.session, actor=act.actor),
        may_decide=act.actor.role in ("dispatcher", "admin"),
        form=blank() if violation is None else refused(request.form, violation),
    )


@pages.post("/transport-classes")
@acting("transport_class.decide", on_violation=lambda violation: transport_classes(violation))
def decide_transport_class(act: Act) -> Any:
    """The consignor's decision for one waste."""
    row = waybills.decide_transport_class(
        act.session,
        actor=act.actor,
        waste_code=request.form.get("waste_code", ""),
        values=request.form,
        now=act.now,
    )
    flash(_("%(code)s 的运输类别已保存。", code=row.waste_code), "good")
    return redirect(url_for("papers.transport_classes"))
