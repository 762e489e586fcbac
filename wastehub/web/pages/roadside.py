"""At the roadside: a code is shown, an officer reads the load's papers for half an hour (F22, F70)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, render_template
from sqlalchemy.orm import Session

from ... import clock
from ...domain.errors import NotFound
from ...models.roadside import RoadsidePass
from ...services import manifests, roadside, waybills
from ...services.roadside import LoadPapers
from ...services.waybills import WaybillView
from .. import roadside_tokens, transport_papers, words
from ..context import database
from ..explanations import explain_code
from ..limits import limiter
from .papers import link_to, pdf_answer

pages = Blueprint("roadside", __name__)
pages.record_once(lambda state: words.register(state.app))

GONE = 410

Answer = Callable[[Session, RoadsidePass, LoadPapers, datetime], Any]
# What rides with a load, and where it can be checked by whoever may sign in.
Find = Callable[[Session, LoadPapers], tuple[WaybillView, str]]


@pages.get("/r/<token>")
@limiter.limit("60 per minute")
def papers(token: str) -> Any:
    """The papers of a load, read-only, for whoever was shown the code; never kept by a cache."""

    def page(_session: Session, made: RoadsidePass, found: LoadPapers, _now: datetime) -> Any:
        return render_template("roadside/papers.html", found=found, load=found.load, made=made, token=token)

    return _opened(token, page)


@pages.get("/r/<token>/trips/<uuid:trip_id>/waybill.pdf")
@limiter.limit("60 per minute")
def waybill(token: str, trip_id: UUID) -> Any:
    """The dangerous-goods waybill of the trip under way."""
    return _opened(token, _waybill_file(_trip(trip_id)))


@pages.get("/r/<token>/trips/<uuid:trip_id>/safety-card.pdf")
@limiter.limit("60 per minute")
def safety_card(token: str, trip_id: UUID) -> Any:
    """The safety card of the trip under way."""
    return _opened(token, _safety_file(_trip(trip_id)))


@pages.get("/r/<token>/waybill.pdf")
@limiter.limit("60 per minute")
def lot_waybill(token: str) -> Any:
    """The dangerous-goods waybill of the lot on its way to a plant."""
    return _opened(token, _waybill_file(_lot))


@pages.get("/r/<token>/safety-card.pdf")
@limiter.limit("60 per minute")
def lot_safety_card(token: str) -> Any:
    """The safety card of the lot on its way to a plant."""
    return _opened(token, _safety_file(_lot))


def _trip(trip_id: UUID) -> Find:
    def found(session: Session, papers: LoadPapers) -> tuple[WaybillView, str]:
        view = waybills.trip_view(session, papers.require_trip(trip_id), trip_id)
        return view, link_to("papers.trip", trip_id=trip_id)

    return found


def _lot(session: Session, papers: LoadPapers) -> tuple[WaybillView, str]:
    lot = papers.require_lot()
    return waybills.lot_view(session, lot), link_to("facility.lot", lot_id=lot.id)


def _waybill_file(find: Find) -> Answer:
    def file(session: Session, _made: RoadsidePass, papers: LoadPapers, now: datetime) -> Any:
        view, link = find(session, papers)
        seal = transport_papers.seal_of(session)
        data = transport_papers.waybill_pdf(view, link=link, seal=seal, now=now)
        return pdf_answer(data, view.number or "waybill")

    return file


def _safety_file(find: Find) -> Answer:
    def file(session: Session, _made: RoadsidePass, papers: LoadPapers, now: datetime) -> Any:
        view, link = find(session, papers)
        seal = transport_papers.seal_of(session)
        data = transport_papers.safety_pdf(view, link=link, seal=seal, now=now)
        return pdf_answer(data, f"safety-card-{view.number}".rstrip("-"))

    return file


@pages.get("/r/<token>/manifests/<uuid:manifest_id>.pdf")
@limiter.limit("60 per minute")
def manifest(token: str, manifest_id: UUID) -> Any:
    """A manifest of what is on board."""

    def file(session: Session, _made: RoadsidePass, papers: LoadPapers, now: datetime) -> Any:
        papers.require_manifest(manifest_id)
        form = manifests.manifest_of_load(session, manifest_id=manifest_id)
        link = link_to("manifests.manifest", manifest_id=manifest_id)
        data = transport_papers.manifest_pdf(session, form, link=link, now=now)
        return pdf_answer(data, form.manifest.number)

    return _opened(token, file)


def _opened(token: str, answer: Answer) -> Any:
    """The answer for a link that still opens, else why not; every opening is written down."""
    now = clock.now_utc()
    try:
        pass_id = roadside_tokens.pass_of(token)
        with database().transaction() as session:
            verdict, made, found = roadside.open_pass(session, pass_id=pass_id, now=now)
        if found is None:
            return closed(verdict, GONE)
        with database().reading() as session:
            return answer(session, made, found, now)
    except NotFound as missing:
        return closed(missing.code.partition(".")[2], 404)


def closed(verdict: str, status: int) -> Any:
    body = render_template("roadside/closed.html", said=explain_code(f"roadside.{verdict}"), verdict=verdict)
    return current_app.response_class(body, status=status)
