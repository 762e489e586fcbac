"""Files made in the background: asked for, watched, cancelled, fetched again while they are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from ....domain import calendar
from ....domain.errors import RuleViolation
from ....models import reference
from ....models.filings import ExportRun
from ....services import statutory
from ... import statutory_words
from ...acting import Act, acting, viewing
from ...context import settings
from ...explanations import explain, explain_code
from ...form_states import blank
from .blueprint import asked_unit, pages, queue_after_commit, show

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "pdf": "application/pdf",
}
PROGRESS = {"queued": "queued", "running": "running", "done": "succeeded", "expired": "succeeded"}


@pages.get("/files")
@viewing("report.export")
def files(act: Act, violation: RuleViolation | None = None) -> Any:
    """What was asked for, and a form to ask for more."""
    if violation is not None:
        flash(explain(violation).message, "bad")
    unit = statutory.unit(act.session, act.actor, "declaration.view", asked_unit())
    today = calendar.on_date(act.now)
    return show(
        "statutory/files.html",
        unit,
        runs=statutory.exports(act.session, actor=act.actor),
        year=today.year,
        keep_days=reference.legal_limit(act.session, "export_keep_days", today),
        retention=reference.legal_limit(act.session, "ledger_retention_years", today),
        retention_law=reference.legal_limit(act.session, "ledger_statutory_retention_years", today),
        form=blank(),
    )


@pages.post("/files")
@acting("report.export", on_violation=lambda violation: files(violation))
def request_file(act: Act) -> Any:
    run = statutory.request_export(
        act.session,
        actor=act.actor,
        kind=request.form.get("kind", ""),
        form=request.form.get("form", ""),
        given=request.form,
        organisation_id=asked_unit(),
        now=act.now,
    )
    queue_after_commit(run.id)
    return redirect(url_for("statutory.export_run", run_id=run.id))


@pages.get("/files/<uuid:run_id>")
@viewing("report.export")
def export_run(act: Act, run_id: UUID) -> Any:
    """One file on its way, or ready."""
    run = statutory.export(act.session, actor=act.actor, run_id=run_id)
    unit = statutory.unit(act.session, act.actor, "declaration.view", run.organisation_id)
    return show("statutory/export_run.html", unit, run=run, progress=_progress(run, act.now))


@pages.get("/files/<uuid:run_id>/progress")
@viewing("report.export")
def export_progress(act: Act, run_id: UUID) -> Response:
    """The progress panel alone, asked for each second; an ended run makes the page load anew."""
    run = statutory.export(act.session, actor=act.actor, run_id=run_id)
    text = render_template("statutory/_progress.html", run=run, progress=_progress(run, act.now))
    answer = make_response(text)
    if run.state not in ("queued", "running"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(run: ExportRun, now: datetime) -> dict[str, Any]:
    state = PROGRESS.get(run.state, run.state)
    if run.cancel_requested and run.state == "running":
        state = "cancelling"
    text = _("可以离开本页，文件在后台生成。") if run.state in ("queued", "running") else ""
    if run.failure:
        text = explain_code(run.failure, {}).message
    return {
        "title": f"{statutory_words.KINDS[run.kind]} {statutory_words.about(run.kind, run.options)}",
        "state": state,
        "done": run.progress_done,
        "total": run.progress_total,
        "text": text,
        "seconds_left": None,
        "cancel_word": _("取消生成"),
    }


@pages.post("/files/<uuid:run_id>/cancel")
@acting("report.export", on_violation=lambda violation, run_id: export_run(run_id))
def cancel_file(act: Act, run_id: UUID) -> Any:
    statutory.cancel_export(act.session, actor=act.actor, run_id=run_id, now=act.now)
    return redirect(url_for("statutory.export_run", run_id=run_id))


@pages.get("/files/<uuid:run_id>/file")
@viewing("report.export")
def download(act: Act, run_id: UUID) -> Any:
    """The file, as often as one likes while it is kept."""
    folder = statutory.folder_of(settings().blob_url)
    run, path = statutory.file_of(act.session, actor=act.actor, run_id=run_id, folder=folder)
    kind = TYPES[statutory.FORMS[run.form]]
    return send_file(path, mimetype=kind, as_attachment=True, download_name=run.file_name)
