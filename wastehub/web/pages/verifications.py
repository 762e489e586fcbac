"""立即核验: the whole log verified in the background, with progress, and what was found, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_babel import gettext as _

from ...domain.errors import RuleViolation
from ...models.verification_runs import VerificationRun
from ...services import audits
from .. import finding_words
from ..acting import Act, acting, viewing
from ..explanations import explain, explain_code

pages = Blueprint("verifications", __name__, url_prefix="/regulator/verifications")

STATES = {
    "queued": "queued",
    "running": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


@pages.get("/")
@viewing("ledger.verify")
def index(act: Act, violation: RuleViolation | None = None) -> str:
    runs = audits.verifications(act.session, actor=act.actor, limit=30)
    return render_template(
        "verifications/index.html",
        runs=runs,
        verdict=finding_words.verdict,
        refusal=explain(violation).message if violation else "",
        waiting=next((run for run in runs if run.state in ("queued", "running")), None),
    )


@pages.post("/")
@acting("ledger.verify", on_violation=lambda violation: index(violation))
def start(act: Act) -> Any:
    run = audits.request_verification(act.session, actor=act.actor, now=act.now)
    queue_after_commit(run.id)
    return redirect(url_for("verifications.run", run_id=run.id))


def queue_after_commit(run_id: UUID) -> None:
    """Tell the worker once the transaction is through; a lost message is made up for each minute."""
    enqueue: Callable[[UUID], None] = current_app.extensions["wastehub.enqueue_verification"]

    @after_this_request
    def tell_worker(response: Response) -> Response:
        if response.status_code < 400:
            enqueue(run_id)
        return response


@pages.get("/<uuid:run_id>")
@viewing("ledger.verify")
def run(act: Act, run_id: UUID) -> str:
    row = audits.verification(act.session, actor=act.actor, run_id=run_id)
    return render_template(
        "verifications/run.html",
        run=row,
        progress=_progress(row),
        findings=[finding_words.told(*found) for found in row.findings],
        verdict=finding_words.verdict(row),
    )


@pages.get("/<uuid:run_id>/progress")
@viewing("ledger.verify")
def run_fragment(act: Act, run_id: UUID) -> Response:
    """The progress panel alone, asked for each second; an ended run makes the page load its result."""
    row = audits.verification(act.session, actor=act.actor, run_id=run_id)
    answer = make_response(render_template("verifications/_progress.html", run=row, progress=_progress(row)))
    if row.state not in ("queued", "running"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(row: VerificationRun) -> dict[str, Any]:
    """A run as the progress macro wants it."""
    state = STATES[row.state]
    if row.cancel_requested and row.state == "running":
        state = "cancelling"
    return {
        "title": _("核验闭环账本"),
        "state": state,
        "done": row.done,
        "total": row.total,
        "text": _text(row),
        "cancel_word": _("取消核验"),
    }


def _text(row: VerificationRun) -> str:
    if row.failure:
        return explain_code(row.failure.split(" ", 1)[0]).message
    if row.state == "queued":
        return _("等待后台程序开始")
    return _("逐条重算哈希、核对签名、重新推导账目") if row.state == "running" else ""


@pages.post("/<uuid:run_id>/cancel")
@acting("ledger.verify")
def cancel(act: Act, run_id: UUID) -> Any:
    audits.cancel_verification(act.session, actor=act.actor, run_id=run_id, now=act.now)
    return redirect(url_for("verifications.run", run_id=run_id))
