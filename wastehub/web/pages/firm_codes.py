"""The code of a firm 企业码: anybody may scan it, those concerned see green, yellow or red and why (S5)."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, render_template, url_for

from ... import clock
from ...domain.errors import NotFound
from ...models.reference import Area
from ...papers import signs as paper
from ...services import firm_states
from .. import firm_words, words
from ..acting import Act, viewing
from ..context import actor_of, database, settings, signed_in_user
from ..limits import limiter

pages = Blueprint("firm_codes", __name__)
pages.record_once(lambda state: words.register(state.app))


@pages.get("/f/<uuid:organisation_id>")
@limiter.limit("60 per minute")
def code(organisation_id: UUID) -> Any:
    """A neutral line for strangers; the state for the firm, its county's office and its platform."""
    user = signed_in_user()
    with database().reading() as session:
        firm = firm_states.known(session, organisation_id=organisation_id)
        actor = actor_of(user) if user else None
        if actor is None or not firm_states.may_see(session, actor=actor, firm=firm):
            return neutral()
        state = firm_states.state_of(
            session, actor=actor, organisation_id=organisation_id, now=clock.now_utc()
        )
    return render_template(
        "firm_codes/code.html",
        state=state,
        colour=firm_words.COLOURS[state.colour],
        reasons=firm_words.in_words(state.reasons),
        more=_more(actor.role, organisation_id),
    )


def neutral() -> str:
    """What a stranger reads."""
    return render_template("firm_codes/neutral.html", line=firm_words.public_line())


def _more(role: str, organisation_id: UUID) -> str:
    if role == "regulator":
        return url_for("regulator.enterprise", organisation_id=organisation_id)
    return url_for("enterprise.compliance") if role == "enterprise" else ""


@pages.get("/firm-codes/<uuid:organisation_id>/card.pdf")
@viewing("firm_state.view")
def card(act: Act, organisation_id: UUID) -> Response:
    """The card to hang at the gate: the firm and its code, no state (that is asked anew at every scan)."""
    firm = firm_states.known(act.session, organisation_id=organisation_id)
    if not firm_states.may_see(act.session, actor=act.actor, firm=firm):
        raise NotFound("object.not_found")
    county = act.session.get(Area, firm.county_code) if firm.county_code else None
    file = io.BytesIO()
    paper.write_code_card(
        file,
        paper.CodeCard(
            unit_name=firm.name,
            credit_code=firm.credit_code or firm.code,
            county=county.name_zh if county else "",
            qr_text=f"{settings().base_url.rstrip('/')}/f/{firm.id}",
            note="扫码查看危险废物管理状态",
        ),
    )
    return pdf(file, f"code-{firm.code}.pdf")


def pdf(file: io.BytesIO, name: str) -> Response:
    answer = current_app.response_class(file.getvalue(), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
