"""The list of firms, and the page of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from .... import clock, ledger
from ....domain import calendar, roles
from ....domain.actors import Actor
from ....domain.errors import RuleViolation
from ....models import organisations
from ....services import enrolment
from ....services.enrolment import EnterpriseRow
from ... import words
from ...acting import Act, viewing
from ...context import current_actor, database
from ...form_states import blank, refused
from ...forms import FormState
from ...listing import Column, read_query
from ...locale import select_locale
from . import drafts
from .blueprint import pages


def _papers(row: EnterpriseRow) -> tuple[str, str]:
    """Whether the firm may ask for a pickup, and what is missing."""
    if not row.firm.active:
        return "neutral", _("已停用")
    if row.platforms and row.planned:
        return "good", _("齐全")
    if row.platforms:
        return "warn", _("缺管理计划")
    return "warn", _("缺合同") if row.planned else _("缺合同和管理计划")


COLUMNS = (
    Column("name", _l("单位名称"), value=lambda row: row.firm.name),
    Column("code", _l("统一社会信用代码"), "code", value=lambda row: row.firm.code),
    Column("town", _l("所在地"), value=lambda row: _place(row)),
    Column(
        "platforms",
        _l("收集平台"),
        value=lambda row: words.joined(each.short_name for each in row.platforms),
        sortable=False,
    ),
    Column("papers", _l("手续"), "status", value=_papers, sortable=False),
    Column("industry", _l("行业"), sortable=False, priority=3),
    Column("enrolled_at", _l("入网时间"), "at", value=lambda row: row.firm.enrolled_at, priority=2),
)


def _place(row: EnterpriseRow | enrolment.EnterpriseView) -> str:
    """ "南湖区 七星街道"."""
    return " ".join(words.in_language(area, "name") for area in (row.county, row.town) if area)


@pages.get("/")
@viewing("contract.view")
def index(act: Act) -> Any:
    industry_of = words.industries(enrolment.industries(act.session))
    columns = [
        replace(each, value=lambda row: industry_of(row.firm)) if each.key == "industry" else each
        for each in COLUMNS
    ]
    query = read_query(
        request.args, columns, sort="name", filters=("q", "county", "town", "platform", "state")
    )
    asked = dict(query.filters)
    rows, count, sums = enrolment.enterprises(
        act.session,
        actor=act.actor,
        on=calendar.on_date(act.now),
        text=asked.pop("q"),
        **asked,
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("enterprises")
    return render_template(
        "enterprises/index.html",
        listing=listing,
        may_enrol=roles.may(act.actor.role, "organisation.manage"),
        firm_href=lambda row: url_for("enterprises.enterprise", organisation_id=row.firm.id),
        **_choices(act.session),
    )


def _choices(session: Session) -> dict[str, Any]:
    places = enrolment.places(session)
    name = words.in_language
    everything = ("", _("全部"))
    platforms = organisations.organisations_of(session, "platform")
    return {
        "counties": [everything, *((county.code, name(county, "name")) for county, _towns in places)],
        "towns": [
            everything,
            *(
                (town.code, f"{name(county, 'name')} {name(town, 'name')}")
                for county, towns in places
                for town in towns
            ),
        ],
        "platforms": [
            everything,
            ("none", _("没有有效合同")),
            *((row.code, row.short_name) for row in platforms),
        ],
        "states": [everything, ("active", _("在网")), ("inactive", _("已停用"))],
    }


@pages.get("/<uuid:organisation_id>")
@viewing("contract.view")
def enterprise(act: Act, organisation_id: UUID) -> str:
    return _page(act.session, act.actor, organisation_id)


def page_refused(violation: RuleViolation, organisation_id: UUID, dialog: str) -> str:
    """The firm's page again, with the dialog open whose act was refused."""
    with database().reading() as session:
        form = refused(request.form, violation, dialog=dialog)
        return _page(session, current_actor(), organisation_id, form)


def _page(session: Session, actor: Actor, organisation_id: UUID, form: FormState | None = None) -> str:
    today = calendar.on_date(clock.now_utc())
    view = enrolment.view(session, actor=actor, organisation_id=organisation_id, year=_year(today.year))
    in_force = organisations.contracts_in_force(session, enterprise_ids=[view.firm.id], on=today)
    return render_template(
        "enterprises/enterprise.html",
        view=view,
        place=_place(view),
        degrees=drafts.degrees,
        industry=words.industries(enrolment.industries(session))(view.firm),
        form=form,
        fresh=blank,
        on=today,
        contracted=bool(in_force),
        may=lambda action: roles.may(actor.role, action),
        platforms=[(str(row.id), row.short_name) for row in view.served_by],
        plan_years=[
            {
                "href": url_for("enterprises.enterprise", organisation_id=view.firm.id, year=year) + "#plan",
                "label": year,
                "active": year == view.year,
            }
            for year in range(today.year - 1, today.year + 2)
        ],
        changes=[_change(entry) for entry in view.entries],
    )


def _year(this_year: int) -> int:
    """The plan's year that the address asks for; near ones only."""
    asked = request.args.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() else this_year
    return year if abs(year - this_year) <= 1 else this_year


def _change(entry: ledger.Entry) -> dict[str, Any]:
    """An entry about the firm itself as a point of the time line."""
    kind = ledger.TYPES[entry.event.type]
    facts = entry.event.facts
    names = [str(_label(name)) for name in facts.get("changed", ())]
    text = words.joined(names)
    if "active" in facts:
        text = _("恢复") if facts["active"] else _("停用")
    return {
        "at": entry.event.at,
        "title": kind.en if select_locale() == "en" else kind.zh,
        "text": text,
        "icon": "enterprise" if entry.event.type == "organisation.enrolled" else "edit",
        "seal": entry.leaf_hash.hex()[:8],
    }


def _label(column: str) -> Any:
    name = drafts.INPUTS.get(column, column)
    return drafts.LABELS.get("open_from" if name == "open" else name, column)
