"""What the facility's pages share: blueprint, words, small readers of forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from ....domain import quantities, reasons
from ....domain.errors import InvalidInput, RuleViolation
from ....domain.receiving import Decision
from ... import words
from ...explanations import explain
from ...form_states import blank, version_of
from ...forms import FormState
from ...locale import select_locale

pages = Blueprint("facility", __name__, url_prefix="/facility")

TRIP_STATES = {
    "planned": ("waiting", _l("未出车")),
    "under_way": ("active", _l("在途")),
    "arrived": ("warn", _l("待接收")),
    "received": ("good", _l("已接收")),
    "cancelled": ("neutral", _l("已取消")),
}
LOT_STATES = {
    "open": ("waiting", _l("装配中")),
    "shipped": ("active", _l("运输中")),
    "received": ("good", _l("已接收")),
    "cancelled": ("neutral", _l("已取消")),
}
DECISIONS = {"accepted": ("good", _l("接受")), "refused": ("bad", _l("拒收"))}
STORE_STATES = {
    "stored": ("neutral", _l("在库")),
    "in_lot": ("active", _l("待出库")),
    "at_plant": ("neutral", _l("待利用处置")),
}
METHOD_KINDS = {"utilisation": _l("利用"), "disposal": _l("处置")}


def named(row: Any) -> str:
    """The name of a reference row in the reader's language."""
    return str(row.name_en if select_locale() == "en" else row.name_zh)


def gate_reasons() -> list[tuple[str, str]]:
    return [(row.code, named(row)) for row in reasons.CATALOGUES["gate_refusal"].values()]


def people(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Crew members as choices of a form."""
    return [(str(row.id), f"{row.name} · {row.certificate_no}") for row in rows]


def manifest_href(paper: Any) -> str:
    return url_for("manifests.manifest", manifest_id=paper.id) if paper is not None else ""


def show(template: str, **values: Any) -> str:
    return render_template(
        template,
        trip_states=TRIP_STATES,
        lot_states=LOT_STATES,
        decisions=DECISIONS,
        store_states=STORE_STATES,
        method_kinds=METHOD_KINDS,
        named=named,
        reason_name=words.reason,
        manifest_href=manifest_href,
        people=people,
        **values,
    )


# --- reading forms -------------------------------------------------------------------------------


def version() -> int | None:
    return version_of(request.form)


def ids_of(name: str) -> tuple[UUID, ...]:
    """The ids that were ticked. Raises InvalidInput(input.invalid) for anything else."""
    return tuple(uuid_of(text, name) for text in request.form.getlist(name))


def id_of(name: str) -> UUID:
    return uuid_of(request.form.get(name, ""), name)


def uuid_of(text: str, field: str) -> UUID:
    """An id as a form sends it. Raises InvalidInput(facility.nothing_chosen)."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("facility.nothing_chosen", field=field) from None


def mass_of(name: str, *, max_g: int = quantities.CONTAINER_MASS_MAX_G) -> int | None:
    """Grams of an input named ..._kg; None when it was left empty. Raises InvalidInput (mass.*)."""
    text = request.form.get(name, "").strip()
    field = name.removesuffix("_kg") + "_g"
    return quantities.parse_mass_g(text, field=field, max_g=max_g) if text else None


def day_asked(name: str) -> date | None:
    """A day of a list's filter; what is no date filters nothing."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def decisions_of(
    form: Mapping[str, str],
) -> tuple[list[Decision], list[int]]:
    """The decisions in the form's rows, and the row each stands in.

    A row left empty is not decided. Raises InvalidInput (mass.*, facility.nothing_chosen) at decisions.<row>.
    """
    made: list[Decision] = []
    rows: list[int] = []
    for row in _rows(form):
        prefix = f"decisions.{row}."
        refused = form.get(prefix + "decision") == "refused"
        text = form.get(prefix + "weighed_kg", "").strip()
        if not refused and not text:
            continue
        weighed_g = quantities.parse_mass_g(text, field=prefix + "weighed_g") if text else None
        key = uuid_of(form.get(prefix + "container_id", ""), prefix + "container_id")
        made.append(
            Decision(
                key,
                weighed_g,
                "refused" if refused else "accepted",
                form.get(prefix + "reason", "") if refused else "",
                form.get(prefix + "note", ""),
            )
        )
        rows.append(row)
    return made, rows


def _rows(form: Iterable[str]) -> list[int]:
    found = {name.split(".")[1] for name in form if name.startswith("decisions.")}
    return sorted(int(text) for text in found if text.isascii() and text.isdigit())


def refused_rows(violation: RuleViolation) -> FormState:
    """The gate's form again; the service counts decisions, the form counts rows."""
    field = violation.field
    parts = field.split(".")
    if len(parts) == 3 and parts[0] == "decisions":
        try:
            _, rows = decisions_of(request.form)
            field = f"decisions.{rows[int(parts[1])]}.{parts[2]}"
        except (InvalidInput, IndexError):
            field = violation.field  # the form itself was unreadable: it names its row already
    state = blank(request.form, version=version())
    return FormState(
        values=state.values,
        errors={field: explain(violation).message},
        version=state.version,
        idempotency_key=state.idempotency_key,
    )
