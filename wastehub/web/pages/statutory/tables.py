"""Ledger tables of a period, plan tables of a year, and what a unit adds once for both."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from ....domain import calendar, quantities
from ....domain.errors import RuleViolation
from ....domain.statutory import tables as forms_of_law
from ....domain.statutory.sheets import printed
from ....models import reference
from ....services import statutory
from ...acting import Act, acting, viewing
from ...form_states import blank, refused, version_of
from .blueprint import asked_unit, pages, show

SHOWN_ROWS = 50
TONNES = {"generated_g": "generated_t", "stored_g": "stored_t", "treated_g": "treated_t"}


@pages.get("/ledger")
@viewing("declaration.view")
def ledger_tables(act: Act, violation: RuleViolation | None = None) -> Any:
    """B.1 to B.5: the first rows of each, the whole as a file."""
    unit = statutory.unit(act.session, act.actor, "declaration.view", asked_unit())
    today = calendar.on_date(act.now)
    try:
        options = statutory.checked_options("ledger", request.values, today=today)
    except RuleViolation as wrong:
        violation = violation or wrong
        options = statutory.checked_options("ledger", {}, today=today)
    start_on, end_on = (date.fromisoformat(options[name]) for name in ("start_on", "end_on"))
    book = statutory.book_of(act.session, unit)
    sheets = statutory.ledger_sheets(act.session, book, start_on=start_on, end_on=end_on)
    values = {"start_on": options["start_on"], "end_on": options["end_on"]}
    return show(
        "statutory/ledger_tables.html",
        unit,
        sheets=[(sheet, list(printed(sheet))[:SHOWN_ROWS]) for sheet in sheets],
        options=options,
        shown=SHOWN_ROWS,
        size=book.size,
        year=end_on.year,
        form=refused(request.values, violation) if violation else blank(values),
    )


@pages.get("/plan")
@viewing("declaration.view")
def plan(act: Act, violation: RuleViolation | None = None) -> Any:
    """A.1 to A.7 as far as the class of the unit asks for them."""
    unit = statutory.unit(act.session, act.actor, "declaration.view", asked_unit())
    today = calendar.on_date(act.now)
    year = request.values.get("year", "")
    chosen = int(year) if year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100 else today.year
    view = statutory.plan_view(act.session, unit=unit, year=chosen, on=today)
    return show(
        "statutory/plan.html",
        unit,
        view=view,
        sheets=[(sheet, list(printed(sheet))) for sheet in view.sheets],
        line_forms=[(line, detail, _line_form(line, detail, violation)) for line, detail in view.lines],
        transfer_kinds=[(kind, kind) for kind in forms_of_law.TRANSFER_KINDS],
        acceptor_kinds=[(kind, kind) for kind in forms_of_law.ACCEPTOR_KINDS],
        methods=[
            (code, f"{code} {row.name_zh}") for code, row in reference.method_codes(act.session).items()
        ],
    )


def _line_form(line: Any, detail: Any, violation: RuleViolation | None) -> Any:
    dialog = f"line-{line.id}"
    if violation is not None and request.form.get("dialog") == dialog:
        return refused(request.form, violation, dialog=dialog)
    values = {}
    if detail is not None:
        values = {name: getattr(detail, name) for name in statutory.LINE_TEXTS}
        values |= {typed: _in_tonnes(getattr(detail, name)) for name, typed in TONNES.items()}
    return blank(values, dialog=dialog)


def _in_tonnes(grams: int | None) -> str:
    return "" if grams is None else f"{grams / 1_000_000:.6f}".rstrip("0").rstrip(".")


def _grams(typed: str) -> int | None:
    """Tonnes as typed; nothing typed is nothing stated. Raises InvalidInput(mass.*)."""
    text = request.form.get(typed, "").strip()
    if not text or set(text) <= set("0."):
        return 0 if text else None
    return quantities.parse_mass_g(f"{text} t", field=typed, max_g=100_000_000_000)


@pages.post("/plan/lines/<uuid:plan_line_id>")
@acting("declaration.file", on_violation=lambda violation, plan_line_id: plan(violation))
def save_plan_line(act: Act, plan_line_id: UUID) -> Any:
    statutory.save_plan_line(
        act.session,
        actor=act.actor,
        plan_line_id=plan_line_id,
        given=request.form,
        masses_g={name: _grams(typed) for name, typed in TONNES.items()},
        now=act.now,
    )
    flash(_("计划行已补充。"), "good")
    year, unit = request.form.get("year") or None, request.form.get("unit") or None
    return redirect(url_for("statutory.plan", year=year, unit=unit))


@pages.get("/profile")
@viewing("declaration.view")
def profile(act: Act, violation: RuleViolation | None = None) -> Any:
    """What the forms ask of a unit and no act of work tells: entered once."""
    unit = statutory.unit(act.session, act.actor, "declaration.view", asked_unit())
    row = statutory.profile_of(act.session, unit)
    values = {name: getattr(row, name) for name in statutory.PROFILE_TEXTS}
    values["treatment_capacity_t"] = _in_tonnes(row.treatment_capacity_g)
    return show(
        "statutory/profile.html",
        unit,
        row=row,
        form=refused(request.form, violation) if violation else blank(values, version=row.version),
    )


@pages.post("/profile")
@acting("declaration.file", on_violation=lambda violation: profile(violation))
def save_profile(act: Act) -> Any:
    unit = asked_unit()
    statutory.save_profile(
        act.session,
        actor=act.actor,
        given=request.form,
        capacity_g=_grams("treatment_capacity_t"),
        version=version_of(request.form),
        organisation_id=unit,
        now=act.now,
    )
    flash(_("单位填报信息已保存，以后的表都会用到。"), "good")
    return redirect(url_for("statutory.profile", unit=unit))
