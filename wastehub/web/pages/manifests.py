"""Transfer manifests 转移联单 for everybody who has a part in them: the list, and the form on A4."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from ...domain import calendar, roles
from ...domain import manifests as rules
from ...domain.errors import InvalidInput, RuleViolation
from ...services import manifests, photos, roadside
from .. import transport_papers, words
from ..acting import Act, acting, viewing
from ..context import current_actor, database, settings
from ..form_states import blank, refused, version_of
from ..formatting import SHANGHAI
from ..gate_view import hand_over_of
from ..label_drawing import qr_svg
from ..listing import Column, read_query
from ..locale import select_locale
from ..printed_seals import printed_seal
from .papers import link_to, pdf_answer

pages = Blueprint("manifests", __name__, url_prefix="/manifests")

STATES: dict[str, tuple[str, Any]] = {
    "draft": ("neutral", _l("草稿")),
    "submitted": ("waiting", _l("待装车")),
    "loaded": ("active", _l("已移出")),
    "in_transit": ("active", _l("运输中")),
    "arrived": ("warn", _l("已运抵，待确认")),
    "discrepancy": ("bad", _l("差异待处理")),
    "accepted": ("good", _l("已接受，办结")),
    "rejected": ("bad", _l("拒收，退运")),
    "void": ("neutral", _l("已作废")),
    "paper_pending": ("warn", _l("纸质联单待补录")),
}
LEGS = {1: _l("产废单位 → 收集平台"), 2: _l("收集平台 → 利用处置单位")}
OPINIONS = {"accepted": _l("接受"), "partly": _l("部分接受"), "refused": _l("不接受")}

COLUMNS = (
    Column("number", _l("联单编号"), "code"),
    Column("mover_out", _l("移出人")),
    Column("acceptor", _l("接受人"), priority=2),
    Column("plate", _l("车牌号"), "code", priority=2),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("opened_at", _l("填写时间"), "at"),
    Column("due_on", _l("期限"), "on", custom=True, priority=2),
    Column("state", _l("状态"), "status", value=lambda row: words.of(STATES, row.state), sortable=False),
)


@pages.get("/")
@viewing("manifest.view")
def index(act: Act) -> Any:
    """The manifests one has a part in."""
    query = read_query(
        request.args, COLUMNS, filters=("q", "state", "leg", "from_on", "until_on"), sort="-opened_at"
    )
    rows, count, sums = manifests.list_manifests(
        act.session,
        actor=act.actor,
        today=calendar.on_date(act.now),
        text=query.filters["q"],
        state=query.filters["state"],
        leg=query.filters["leg"],
        from_on=_day(query.filters["from_on"]),
        until_on=_day(query.filters["until_on"]),
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("manifests")
    choices = [("", _("全部")), ("open", _("未办结")), ("overdue", _("确认或补录已逾期"))]
    choices.append(("on_paper", _("使用过纸质联单")))
    choices += [(key, str(word)) for key, (_tone, word) in STATES.items() if key not in ("draft", "loaded")]
    return render_template(
        "manifests/index.html",
        listing=listing,
        states=choices,
        on=calendar.on_date(act.now),
        href=lambda row: url_for("manifests.manifest", manifest_id=row.id),
    )


def _day(text: str) -> date | None:
    """A day of the address, or None when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _lot_href(form: manifests.ManifestForm) -> str:
    """Where the lot stands that travels on a manifest, for whoever may look at lots."""
    if form.lot is None or not roles.may(current_actor().role, "lot.view"):
        return ""
    return url_for("facility.lot", lot_id=form.lot.id)


def _roadside_href(form: manifests.ManifestForm) -> str:
    """Where its platform or its crew shows an officer the papers of a lot on the road."""
    actor = current_actor()
    if form.lot is None or not roadside.may_show_lot(actor, form.lot, (form.driver, form.escort)):
        return ""
    return url_for("facility.lot", lot_id=form.lot.id, _anchor="roadside")


@pages.get("/<uuid:manifest_id>")
@viewing("manifest.view")
def manifest(act: Act, manifest_id: UUID) -> str:
    """The form with everything that Art. 10-13 and 18 ask, ready for A4."""
    form = manifests.manifest_view(act.session, actor=act.actor, manifest_id=manifest_id)
    return _form_page(act.session, form, blank({}, version=form.manifest.version))


@pages.get("/<uuid:manifest_id>/pdf")
@viewing("manifest.view")
def pdf(act: Act, manifest_id: UUID) -> Any:
    """The same form as a file: A4, with its link and the newest checkpoint in codes."""
    form = manifests.manifest_view(act.session, actor=act.actor, manifest_id=manifest_id)
    link = link_to("manifests.manifest", manifest_id=manifest_id)
    data = transport_papers.manifest_pdf(act.session, form, link=link, now=act.now)
    return pdf_answer(data, form.manifest.number)


def _form_page(session: Session, form: manifests.ManifestForm, number_form: Any, act_form: Any = None) -> str:
    return render_template(
        "manifests/manifest.html",
        form=form,
        doc=form.manifest,
        qr=qr_svg(
            link_to("manifests.manifest", manifest_id=form.manifest.id),
            side_mm=24,
            label=form.manifest.number,
        ),
        seal=printed_seal(session),
        number_form=number_form,
        act_form=act_form or blank({}, version=form.manifest.version),
        differences=[(key, name[select_locale() == "en"]) for key, name in rules.DIFFERENCES.items()],
        late=_is_late(form),
        may_papers=roles.may(current_actor().role, "waybill.view"),
        lot_href=_lot_href(form),
        roadside_href=_roadside_href(form),
        state=words.of(STATES, form.manifest.state),
        leg=LEGS[form.manifest.leg],
        opinion=words.of(OPINIONS, form.manifest.opinion) if form.manifest.opinion else "",
        **hand_over_of(session, form.manifest.stop_id),
    )


def _refused_number(violation: RuleViolation, *, manifest_id: UUID) -> str:
    with database().reading() as session:
        form = manifests.manifest_view(session, actor=current_actor(), manifest_id=manifest_id)
        return _form_page(session, form, refused(request.form, violation))


@pages.post("/<uuid:manifest_id>/number")
@acting("manifest.number", on_violation=_refused_number)
def record_number(act: Act, manifest_id: UUID) -> Any:
    """Enter the number that the national system has issued."""
    version = request.form.get("version", "")
    paper = manifests.record_official_number(
        act.session,
        actor=act.actor,
        manifest_id=manifest_id,
        number=request.form.get("official_number", ""),
        version=int(version) if version.isdigit() else None,
        now=act.now,
    )
    flash(_("已填写联单编号 %(number)s", number=paper.official_no), "good")
    return redirect(url_for("manifests.manifest", manifest_id=manifest_id))


def _is_late(form: manifests.ManifestForm) -> bool:
    """Whether the paper was entered after its day."""
    doc = form.manifest
    entered = doc.backfilled_at
    return bool(entered and doc.backfill_due_on and calendar.on_date(entered) > doc.backfill_due_on)


def _refused_act(dialog: str) -> Callable[..., str]:
    """The form page again with what was typed into one of its dialogs."""

    def page(violation: RuleViolation, *, manifest_id: UUID) -> str:
        with database().reading() as session:
            form = manifests.manifest_view(session, actor=current_actor(), manifest_id=manifest_id)
            plain = blank({}, version=form.manifest.version)
            return _form_page(session, form, plain, refused(request.form, violation, dialog=dialog))

    return page


def _moment(name: str) -> datetime:
    """A local date and time typed into the form. Raises InvalidInput(day.malformed)."""
    text = request.form.get(name, "")
    try:
        local = datetime.fromisoformat(text)
        return local.replace(tzinfo=SHANGHAI).astimezone(UTC)
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field=name, given=text[:20]) from wrong


@pages.post("/<uuid:manifest_id>/paper")
@acting("manifest.use_paper", on_violation=_refused_act("use-paper"))
def use_paper(act: Act, manifest_id: UUID) -> Any:
    """The electronic manifest cannot be used: this one runs on paper."""
    manifests.use_paper(
        act.session,
        actor=act.actor,
        manifest_id=manifest_id,
        reason=request.form.get("reason", ""),
        paper_no=request.form.get("paper_no", ""),
        now=act.now,
    )
    flash(_("本次转移使用纸质联单。转移完成后 10 个工作日内补录并上传照片。"), "warn")
    return redirect(url_for("manifests.manifest", manifest_id=manifest_id))


@pages.post("/<uuid:manifest_id>/backfill")
@acting("manifest.backfill", on_violation=_refused_act("backfill"))
def backfill(act: Act, manifest_id: UUID) -> Any:
    """Enter a paper manifest with a photo of each of its pages."""
    folder = photos.folder_of(settings().blob_url)
    kept = [
        photos.store_photo(
            act.session, actor=act.actor, data=file.read(photos.BYTES_MAX + 1), folder=folder, now=act.now
        ).sha256
        for file in request.files.getlist("photo")
        if file.filename
    ]
    paper = manifests.backfill(
        act.session,
        actor=act.actor,
        manifest_id=manifest_id,
        paper_no=request.form.get("paper_no", ""),
        photos=kept,
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("纸质联单 %(number)s 已补录。", number=paper.paper_no), "good")
    return redirect(url_for("manifests.manifest", manifest_id=manifest_id))


HANDOVER_FIELDS = (
    "carrier_name", "carrier_permit_number", "vehicle_plate", "vehicle_certificate_number", "driver_name",
    "driver_phone", "escort_name", "place",
)  # fmt: skip


@pages.post("/<uuid:manifest_id>/handovers")
@acting("manifest.hand_over", on_violation=_refused_act("hand-over"))
def hand_over(act: Act, manifest_id: UUID) -> Any:
    """The next carrier takes over on the way."""
    said = {name: request.form.get(name, "") for name in HANDOVER_FIELDS}
    handover = manifests.Handover(
        actor=act.actor,
        manifest_id=manifest_id,
        handed_over_at=_moment("handed_over_at"),
        verified=request.form.get("verified") == "1",
        **said,
    )
    manifests.hand_over(act.session, handover=handover, now=act.now)
    flash(_("已登记联运交接：由 %(carrier)s 继续运输。", carrier=said["carrier_name"]), "good")
    return redirect(url_for("manifests.manifest", manifest_id=manifest_id))


@pages.post("/<uuid:manifest_id>/report")
@acting("manifest.report", on_violation=_refused_act("report"))
def report(act: Act, manifest_id: UUID) -> Any:
    """Whom the acceptor told of the difference: only then is the manifest closed."""
    written = manifests.Report(
        actor=act.actor,
        manifest_id=manifest_id,
        kinds=tuple(request.form.getlist("kinds")),
        told_at=_moment("told_at"),
        reported_at=_moment("reported_at"),
        version=version_of(request.form),
        **{
            name: request.form.get(name, "")
            for name in ("found", "told_whom", "decision_note", "authority", "report_no")
        },
    )
    manifests.report_differences(act.session, reports=[written], now=act.now)
    flash(_("差异已报告，联单办结。"), "good")
    return redirect(url_for("manifests.manifest", manifest_id=manifest_id))
