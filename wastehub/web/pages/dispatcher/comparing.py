"""Two plans of a day beside each other, and another plan of the day to compare with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import lazy_gettext as _l

from ....domain.errors import RuleViolation
from ....services import planning
from ....services.dispatch import boards, drafts
from ... import formatting
from ...acting import Act, acting, viewing
from .blueprint import pages, queue_after_commit, show
from .plans import plan

HOW = {
    "to_other_vehicle": _l("换车"),
    "reordered": _l("换顺序"),
    "added": _l("新排入"),
    "left_out": _l("移出"),
}


@pages.get("/plans/<uuid:plan_id>/compare")
@viewing("plan.run")
def compare(act: Act, plan_id: UUID) -> Any:
    """This plan beside another of its day: costs, kilometres, and the stops that are elsewhere."""
    other_id = _other(act, plan_id)
    if other_id is None:
        return redirect(url_for("dispatcher.plan", plan_id=plan_id))
    both = planning.compare_plans(act.session, actor=act.actor, plan_id=other_id, other_id=plan_id)
    return show(
        "dispatcher/compare.html",
        before=both.before,
        after=both.after,
        lines=[_line(both, *each) for each in _TOTALS],
        moved=both.found.moved,
        names=drafts.named_requests(act.session, (each.stop_id for each in both.found.moved)),
        how=HOW,
    )


def _other(act: Act, plan_id: UUID) -> UUID | None:
    """The plan to compare with: the one asked for, else the one this was made from."""
    try:
        return UUID(request.args.get("with", ""))
    except ValueError:
        return boards.plan_board(act.session, actor=act.actor, plan_id=plan_id).origin_id


_TOTALS = (
    ("stops", _l("排入站点"), "number"),
    ("left_out", _l("未排入"), "number"),
    ("vehicles", _l("车辆"), "number"),
    ("trips", _l("趟次"), "number"),
    ("distance_m", _l("总里程"), "km"),
    ("drive_s", _l("行驶时间"), "duration"),
    ("duration_s", _l("出车总时长"), "duration"),
    ("cost_fen", _l("费用"), "money"),
)


def _line(both: Any, name: str, label: Any, kind: str) -> dict[str, Any]:
    shown = formatting.FILTERS[kind]
    old, new = getattr(both.found.before, name), getattr(both.found.after, name)
    more_is_worse = name != "stops"
    tone = "" if old == new else "warn" if (new > old) == more_is_worse else "good"
    return {
        "label": label,
        "before": shown(old),
        "after": shown(new),
        "difference": formatting.signed(new - old, kind) if old != new else "—",
        "tone": tone,
    }


@pages.post("/plans/<uuid:plan_id>/what-if")
@acting("plan.run", on_violation=lambda violation, plan_id: _what_if_again(violation, plan_id))
def what_if(act: Act, plan_id: UUID) -> Any:
    """Plan the day once more under other conditions; the answer is a draft beside this one."""
    budget, seed = request.form.get("budget_s", ""), request.form.get("seed", "")
    without = frozenset(filter(None, request.form.getlist("without")))
    run = planning.request_what_if(
        act.session,
        actor=act.actor,
        plan_id=plan_id,
        without=without,
        seed=int(seed) if seed.isascii() and seed.isdigit() and len(seed) < 10 else act.now.microsecond + 1,
        budget_s=int(budget) if budget.isascii() and budget.isdigit() and len(budget) < 6 else 0,
        now=act.now,
    )
    queue_after_commit(run.id)
    return redirect(url_for("dispatcher.run", run_id=run.id))


def _what_if_again(violation: RuleViolation, plan_id: UUID) -> Any:
    return plan(plan_id, violation, "what-if")
