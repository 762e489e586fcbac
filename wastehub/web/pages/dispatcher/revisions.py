"""The day under way: something happened, the rest is planned again, reviewed and published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from ....domain.errors import RuleViolation
from ....models.route_plans import RoundRevision
from ....services import dispatch, planning
from ....services.dispatch import drafts
from ....services.dispatch.drafts import Named
from ....services.planning import Incident
from ...acting import Act, acting, viewing
from ...form_states import blank, refused, version_of
from .blueprint import PLAN_STATES, pages, queue_after_commit, show
from .rounds import INCIDENTS, round_detail


def _replan_again(violation: RuleViolation, round_id: UUID) -> str:
    return str(round_detail(round_id, violation, "replan"))


@pages.post("/rounds/<uuid:round_id>/replan")
@acting("round.rearrange", on_violation=_replan_again)
def replan(act: Act, round_id: UUID) -> Any:
    """Plan what the platform's rounds of this day have not done."""
    minutes = request.form.get("minutes", "")
    incident = Incident(
        kind=request.form.get("kind", ""),
        round_id=round_id,
        minutes=int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 5 else 0,
    )
    run = planning.request_revision(act.session, actor=act.actor, incident=incident, now=act.now)
    queue_after_commit(run.id)
    return redirect(url_for("dispatcher.run", run_id=run.id))


@pages.get("/revisions/<uuid:revision_id>")
@viewing("round.rearrange")
def revision(act: Act, revision_id: UUID, violation: RuleViolation | None = None) -> str:
    """What would change for which crew, before it is published."""
    row = dispatch.revision_board(act.session, actor=act.actor, revision_id=revision_id)
    names = drafts.named_requests(act.session, _mentioned(row))
    return show(
        "dispatcher/revision.html",
        revision=row,
        form=blank(version=row.version) if violation is None else refused(request.form, violation),
        state=PLAN_STATES[row.state],
        incident=INCIDENTS[row.incident["kind"]],
        crews=[(plate, told) for plate, told in sorted(row.changes["crews"].items()) if any(told.values())],
        left_out=row.changes["left_out"],
        routes=[_route(one, names) for one in row.solution["routes"]],
        firm=lambda number: names[number].firm if number in names else number,
    )


def _mentioned(row: RoundRevision) -> Iterator[str]:
    yield from row.changes["left_out"]
    for told in row.changes["crews"].values():
        for numbers in told.values():
            yield from numbers
    for route in row.solution["routes"]:
        for trip in route["trips"]:
            yield from (visit["stop_id"] for visit in trip["visits"])


def _route(route: Mapping[str, Any], names: Mapping[str, Named]) -> dict[str, Any]:
    stops = [
        {"start_s": visit["start_s"], "number": visit["stop_id"], "named": names.get(visit["stop_id"])}
        for trip in route["trips"]
        for visit in trip["visits"]
    ]
    return {"plate": route["vehicle_id"], "end_s": route["end_s"], "stops": stops}


def _revision_again(violation: RuleViolation, revision_id: UUID) -> str:
    return str(revision(revision_id, violation))


@pages.post("/revisions/<uuid:revision_id>/publish")
@acting("round.rearrange", on_violation=_revision_again)
def publish_revision(act: Act, revision_id: UUID) -> Any:
    row = dispatch.publish_revision(
        act.session, actor=act.actor, revision_id=revision_id, version=version_of(request.form), now=act.now
    )
    flash(_("任务调整 %(number)s 已发布，班组的手机上会显示变化。", number=row.revision_no), "good")
    return redirect(url_for("dispatcher.rounds", service_on=row.service_on.isoformat()))


@pages.post("/revisions/<uuid:revision_id>/discard")
@acting("round.rearrange", on_violation=_revision_again)
def discard_revision(act: Act, revision_id: UUID) -> Any:
    row = dispatch.discard_revision(
        act.session, actor=act.actor, revision_id=revision_id, version=version_of(request.form), now=act.now
    )
    flash(_("任务调整 %(number)s 已作废，车次保持原样。", number=row.revision_no), "info")
    return redirect(url_for("dispatcher.rounds", service_on=row.service_on.isoformat()))
