"""What anybody may see and say: the page behind a label's QR code, and a report of a container found.

No names, no masses, no session: the same code reads the same for everybody, so caches may keep the answer
for a moment and thousands of scans a minute ask one small question of the database.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain import emergency, precautions, problems, roll_codes
from ...domain.errors import InvalidInput, NotFound, RuleViolation
from ...services import label_lives, labels, photos
from ...services import problems as problem_service
from .. import kept_pages, label_sealing, words
from ..context import database, settings
from ..explanations import explain
from ..forms import FormState
from ..limits import limiter
from ..locale import select_locale
from ..writing import require_writable

pages = Blueprint("public", __name__)

FRESH_S = 20  # how long a cache may answer for us; with our own (kept_pages) a dead label is told in 30 s
SCANS = "120 per minute"
REPORTS = "6 per hour"
REPORTS_OF_ALL = "120 per hour"


def language_href(locale: str) -> str:
    """The same page in the other language."""
    asked: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), "lang": locale}
    return url_for(request.endpoint or "", **asked)


pages.app_context_processor(lambda: {"language_href": language_href})


def _lang() -> dict[str, Any]:
    """What keeps a chosen language on the way to the next page."""
    asked = request.args.get("lang", "")
    return {"lang": asked} if asked in ("zh", "en") else {}


def cached(body: str, status: int) -> Response:
    """An answer that is the same for everybody."""
    answer = make_response(body, status)
    answer.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
    answer.headers["Vary"] = "Accept-Language"
    return answer


@pages.get("/c/<label_code>")
@pages.get("/C/<label_code>", endpoint="container_upper")
@pages.get("/c/<label_code>/<seal>", endpoint="container_sealed")
@pages.get("/C/<label_code>/<seal>", endpoint="container_sealed_upper")
@limiter.limit(SCANS)
def container(label_code: str, seal: str = "") -> Response:
    """The safe part of a container's facts, or what became of its label."""
    key = (label_code, seal, request.host, select_locale(), request.args.get("lang", ""))
    return cached(*kept_pages.kept(key, lambda: _container(label_code, seal)))


def _container(label_code: str, seal: str) -> kept_pages.Answer:
    with database().reading() as session:
        try:
            life = label_lives.life_of(session, text=label_code)
        except (InvalidInput, NotFound) as unknown:
            return dead_label(None, label_code, unknown)
        if life.state != "void" and not life.alive:
            return dead_label(life, life.code)
        facts = labels.safe_facts(session, label_code=life.code)
        verdict = label_sealing.verdict(session, code=life.code, seal=seal, host=request.host)
    english = select_locale() == "en"
    warn = precautions.precautions_en if english else precautions.precautions_zh
    body = render_template(
        "public/container.html",
        life=life,
        facts_=facts,
        seal=_seal_words(verdict),
        name=facts.waste_name_en if english else facts.waste_name_zh,
        county=facts.county_en if english else facts.county_zh,
        hazards=words.hazards("/".join(facts.hazards)),
        warnings=warn(facts.hazards),
        advice=emergency.advice(facts.hazards, english=english),
        form=words.of(words.FORMS, facts.form),
        report_href=_report_href(life.code),
    )
    return body, 200


def _seal_words(verdict: str) -> Any:
    """What the seal in the QR code says; a label of before there were seals is simply in use."""
    return ("good", _("标签在用")) if verdict == "unsigned" else words.LABEL_SEALS[verdict]


@pages.get("/p/<roll_code>")
@limiter.limit(SCANS)
def roll_label(roll_code: str) -> Response:
    """A label printed beforehand: not used yet, void, or the container that it came to."""
    return container(roll_code)


def _report_href(code: str) -> str:
    return url_for("public.report_form", code=code, **_lang())


def dead_label(
    life: label_lives.Life | None, shown: str, unknown: RuleViolation | None = None
) -> kept_pages.Answer:
    """A code that counts for nothing: say so, and what counts instead."""
    english = select_locale() == "en"
    body = render_template(
        "public/dead_label.html",
        life=life,
        state=life.state if life else "unknown",
        shown_code=roll_codes.grouped(shown) if roll_codes.looks_like(shown) else shown[:60],
        advice=emergency.advice((), english=english),
        successor_href=url_for("public.container", label_code=life.successor, **_lang())
        if life and life.successor
        else "",
        report_href=_report_href(life.code) if life else _report_href(""),
    )
    return body, unknown.status if unknown else 200


# --- a report of the public ------------------------------------------------------------------------


@pages.get("/report")
@limiter.limit(SCANS)
def report_form() -> str:
    return report(FormState(), str(uuid4()), request.args.get("code", ""))


def report(form: FormState, report_id: str, code: str, violation: RuleViolation | None = None) -> str:
    english = select_locale() == "en"
    with database().reading() as session:
        life = _life(session, code)
        areas = problem_service.counties(session)
    counties = [(area.code, words.in_language(area, "name")) for area in areas]
    message = ""
    if violation is not None:
        said = explain(violation).message
        shown = violation.field in ("kind", "photo", "place", "county", "note", "contact")
        form = FormState(values=form.values, errors={violation.field: said} if shown else {})
        message = "" if shown else said
    return render_template(
        "public/report.html",
        form=form,
        report_id=report_id,
        code=life.code if life else "",
        counties=[] if life and life.county_code else counties,
        kinds=[(kind, problems.KINDS[kind][english]) for kind in problems.PUBLIC_KINDS],
        advice=emergency.advice((), english=english),
        message=message,
    )


def _life(session: Any, code: str) -> label_lives.Life | None:
    try:
        return label_lives.life_of(session, text=code) if code else None
    except (InvalidInput, NotFound):
        return None


@pages.post("/report")
@limiter.limit(REPORTS, deduct_when=lambda answer: answer.status_code == 200)
@limiter.limit(REPORTS_OF_ALL, key_func=lambda: "all")
def send_report() -> Any:
    """Keep the report and its photo, and put the problem on the county's list."""
    typed = FormState(values=request.form)
    report_id, code = request.form.get("report_id", ""), request.form.get("code", "")
    try:
        problem = _keep_report(_uuid(report_id), code)
    except RuleViolation as violation:
        body = report(typed, report_id, code, violation)
        return current_app.response_class(body, status=violation.status)
    return reported(problem)


def reported(problem: Any) -> str:
    """Thanks, with the number to ask for."""
    return render_template(
        "public/reported.html",
        problem=problem,
        advice=emergency.advice((), english=select_locale() == "en"),
    )


def _keep_report(report_id: UUID, code: str) -> Any:
    require_writable()
    now = clock.now_utc()
    form = request.form
    with database().transaction() as session:
        life = _life(session, code)
        label_code = life.code if life else ""
        # Before a photo is decoded: nobody fills the disk with reports that are refused.
        problem_service.require_room(session, label_code=label_code, now=now)
        told = problem_service.PublicReport(
            report_id=report_id,
            kind=form.get("kind", ""),
            label_code=label_code,
            container_id=life.container_id if life else None,
            enterprise_id=life.enterprise_id if life else None,
            county=(life.county_code if life else None) or form.get("county", ""),
            place=form.get("place", ""),
            lon_e6=_micro("lon_e6", 180),
            lat_e6=_micro("lat_e6", 90),
            accuracy_m=_whole("accuracy_m", 1_000_000),
            note=form.get("note", ""),
            contact=form.get("contact", ""),
        )
        return problem_service.report(session, report=told, photo_sha256=_photo(session, now), now=now)


def _photo(session: Any, now: Any) -> str | None:
    """The photo without what rode along in its file; None when there is none."""
    file = request.files.get("photo")
    data = file.read(photos.BYTES_MAX + 1) if file and file.filename else b""
    if not data:
        return None
    folder = photos.folder_of(settings().blob_url)
    return photos.store_public_photo(session, data=data, folder=folder, now=now).sha256


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise InvalidInput("choice.missing", field="report_id") from wrong


def _whole(name: str, most: int) -> int | None:
    text = request.form.get(name, "").strip()
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 12:
        return None
    number = int(text)
    return number if -most <= number <= most else None


def _micro(name: str, degrees: int) -> int | None:
    return _whole(name, degrees * 1_000_000)
