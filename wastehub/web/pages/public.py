"""What anybody may see: the page behind a label's QR code."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from ...domain import precautions
from ...services import labels
from .. import words
from ..context import database
from ..limits import limiter
from ..locale import select_locale

pages = Blueprint("public", __name__)


@pages.get("/c/<label_code>")
@limiter.limit("60 per minute")
def container(label_code: str) -> Any:
    """The safe part of a container's facts: no masses, no names of firms or people."""
    with database().reading() as session:
        facts = labels.safe_facts(session, label_code=label_code)
    english = select_locale() == "en"
    warn = precautions.precautions_en if english else precautions.precautions_zh
    return render_template(
        "public/container.html",
        facts_=facts,
        name=facts.waste_name_en if english else facts.waste_name_zh,
        county=facts.county_en if english else facts.county_zh,
        hazards=words.hazards("/".join(facts.hazards)),
        warnings=warn(facts.hazards),
        form=words.of(words.FORMS, facts.form),
    )
