"""Merging, splitting, repacking in the store, and losses: the form before, the act after, the list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar, quantities, reasons
from ....domain.errors import RuleViolation
from ....services import repacking as acts
from ....services import store_boards, write_offs
from ....services.repacking import OutputDraft, RepackDraft
from ....services.write_offs import LossDraft
from ...acting import Act, acting, viewing
from ...explanations import explain
from ...form_states import blank, refused
from ...listing import Column, read_query
from .blueprint import id_of, mass_of, named, pages, show, uuid_of, version
from .store import zones

KINDS = {
    "merge": ("active", _l("合并")),
    "split": ("active", _l("分装")),
    "repack": ("active", _l("换装")),
    "recode": ("warn", _l("变更代码")),
}
UNDONE = ("neutral", _l("已撤销"))
ROWS_STANDARD, ROWS_MOST = 4, 40

COLUMNS = (
    Column("batch_no", _l("入库批次"), "code"),
    Column("kind", _l("类型"), "status", value=lambda row: state_of(row), sortable=False),
    Column("waste_code", _l("废物"), custom=True, value=lambda row: f"{row.waste_code} {named(row.waste)}"),
    Column("inputs", _l("倒空"), "number", sortable=False),
    Column("outputs", _l("装入"), "number", sortable=False),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("left_g", _l("损耗"), "mass", sortable=False, priority=2),
    Column("platform", _l("收集平台"), sortable=False, priority=3),
    Column("done_at", _l("时间"), "at"),
)


def state_of(row: Any) -> tuple[str, Any]:
    return UNDONE if row.undone_at else KINDS[row.kind]


def loss_reasons() -> list[tuple[str, str]]:
    return [(row.code, named(row)) for row in reasons.LOSS.values()]


@pages.get("/repackings")
@viewing("repacking.view")
def repackings(act: Act) -> Any:
    query = read_query(request.args, COLUMNS, filters=("q",), sort="-done_at")
    rows, count, sums = acts.repackings(act.session, actor=act.actor, text=query.filters["q"], **query.window)
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("repackings")
    return show(
        "facility/repackings.html",
        listing=listing,
        own=act.actor.role == "dispatcher",
        row_href=lambda row: url_for("facility.repacking", repacking_id=row.id),
    )


@pages.get("/repackings/new")
@viewing("container.repack")
def new_repacking(act: Act, violation: RuleViolation | None = None) -> str:
    """The containers that were ticked in the store, and rows for those to be filled."""
    ids = [uuid_of(text, "container_ids") for text in request.values.getlist("container_ids")]
    board = acts.choices(act.session, actor=act.actor, container_ids=ids, on=calendar.on_date(act.now))
    form = blank() if violation is None else refused(request.form, violation)
    return show(
        "facility/new_repacking.html",
        board=board,
        form=form,
        rows=max(ROWS_STANDARD, min(ROWS_MOST, _number("rows")), _last_row() + 1),
        more=ROWS_STANDARD,
        most=ROWS_MOST,
        reasons=loss_reasons(),
        refusal=explain(board.refusal) if board.refusal else None,
    )


def _number(name: str) -> int:
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _again(violation: RuleViolation) -> Any:
    """The form again; when its containers are gone meanwhile, the store with the reason."""
    try:
        return new_repacking(violation)
    except RuleViolation:
        return zones(violation)


@pages.post("/repackings")
@acting("container.repack", on_violation=_again)
def repack(act: Act) -> Any:
    draft = RepackDraft(
        actor=act.actor,
        container_ids=tuple(uuid_of(text, "container_ids") for text in request.form.getlist("container_ids")),
        outputs=_outputs(),
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        zone_id=id_of("zone_id") if request.form.get("zone_id") else None,
        waste_code=request.form.get("waste_code", ""),
    )
    made = acts.repack(act.session, draft=draft, now=act.now)
    flash(_("已登记，批次 %(number)s。下一步：打印新容器的标签。", number=made.batch.batch_no), "good")
    return redirect(url_for("facility.repacking", repacking_id=made.id))


def _last_row() -> int:
    """The last row of outputs that somebody wrote in; -1 when there is none."""
    written = [
        int(name.split(".")[1])
        for name, text in request.form.items()
        if name.startswith("outputs.") and name.endswith(".mass_kg") and text.strip()
        and name.split(".")[1].isascii() and name.split(".")[1].isdigit()
    ]  # fmt: skip
    return min(max(written, default=-1), ROWS_MOST - 1)


def _outputs() -> tuple[OutputDraft, ...]:
    """The rows that were filled in. Rows are used from the top, so their numbers are those of the service."""
    made = []
    for at in range(_last_row() + 1):
        mass_g = mass_of(f"outputs.{at}.mass_kg", max_g=quantities.CONTAINER_MASS_MAX_G)
        if mass_g is not None:
            made.append(OutputDraft(request.form.get(f"outputs.{at}.container_type", ""), mass_g))
    return tuple(made)


@pages.get("/repackings/<uuid:repacking_id>")
@viewing("repacking.view")
def repacking(act: Act, repacking_id: UUID, violation: RuleViolation | None = None, dialog: str = "") -> str:
    made = acts.repacking(act.session, actor=act.actor, repacking_id=repacking_id)
    form = blank(version=made.version)
    if violation is not None:
        form = refused(request.form, violation, dialog="undo")
    own = act.actor.role == "dispatcher"
    return show(
        "facility/repacking.html",
        made=made,
        state=state_of(made),
        form=form,
        own=own,
        emptied=[line for line in made.lines if line.role == "in"],
        filled=[line for line in made.lines if line.role == "out"],
        undoable=own and acts.undoable(act.session, made),
    )


@pages.post("/repackings/<uuid:repacking_id>/undo")
@acting("container.repack", on_violation=lambda violation, repacking_id: repacking(repacking_id, violation))
def undo_repacking(act: Act, repacking_id: UUID) -> Any:
    made = acts.undo(
        act.session,
        actor=act.actor,
        repacking_id=repacking_id,
        reason=request.form.get("reason", ""),
        version=version(),
        now=act.now,
    )
    flash(_("已撤销：原容器回到库里，批次 %(number)s 的标签作废。", number=made.batch.batch_no), "good")
    return redirect(url_for("facility.repacking", repacking_id=repacking_id))


# --- losses and spills ---------------------------------------------------------------------------


@pages.get("/losses")
@viewing("loss.declare")
def losses(act: Act, violation: RuleViolation | None = None) -> str:
    rows = write_offs.latest(act.session, actor=act.actor)
    form = blank() if violation is None else refused(request.form, violation, dialog=_dialog())
    asked = request.args.get("q", "").strip()[:60]
    return show(
        "facility/losses.html",
        rows=rows,
        asked=asked,
        found=_standing(act, asked) if asked else [],
        form=form,
        fresh=blank,
        reversible={row.id for row in rows if write_offs.reversible(act.session, row)},
    )


def _dialog() -> str:
    return request.form.get("dialog", "")


def _standing(act: Act, text: str) -> list[Any]:
    """Containers of the own store that a loss can be declared of."""
    today = calendar.on_date(act.now)
    rows, _count, _sums = store_boards.contents(
        act.session, actor=act.actor, today=today, text="".join(text.split()), limit=50
    )
    return [row for row in rows if row.state in write_offs.STANDING]


@pages.get("/containers/<uuid:container_id>/loss")
@viewing("loss.declare")
def loss(act: Act, container_id: UUID, violation: RuleViolation | None = None) -> str:
    row, declared = write_offs.of_container(act.session, actor=act.actor, container_id=container_id)
    form = blank(version=row.version) if violation is None else refused(request.form, violation)
    return show("facility/loss.html", container=row, declared=declared, form=form, reasons=loss_reasons())


@pages.post("/containers/<uuid:container_id>/loss")
@acting("loss.declare", on_violation=lambda violation, container_id: loss(container_id, violation))
def declare_loss(act: Act, container_id: UUID) -> Any:
    draft = LossDraft(
        actor=act.actor,
        container_id=container_id,
        mass_g=mass_of("mass_kg") or 0,
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        version=version(),
    )
    made = write_offs.declare(act.session, draft=draft, now=act.now)
    flash(_("已申报，容器 …%(code)s 的账面重量已减少。", code=made.container.label_code[-11:]), "good")
    return redirect(url_for("facility.losses"))


@pages.post("/losses/<uuid:write_off_id>/reverse")
@acting("loss.declare", on_violation=lambda violation, write_off_id: losses(violation))
def reverse_loss(act: Act, write_off_id: UUID) -> Any:
    made = write_offs.reverse(
        act.session,
        actor=act.actor,
        write_off_id=write_off_id,
        reason=request.form.get("reason", ""),
        now=act.now,
    )
    flash(_("已撤销申报，容器 …%(code)s 的重量已恢复。", code=made.container.label_code[-11:]), "good")
    return redirect(url_for("facility.losses"))
