"""The generator's pages hang here."""

from __future__ import annotations

from flask import Blueprint

from ... import words
from ...locale import select_locale

pages = Blueprint("enterprise", __name__, url_prefix="/enterprise")
pages.record_once(lambda state: words.register(state.app))


def named(zh: str, en: str) -> str:
    """The name of reference data in the reader's language."""
    return en if select_locale() == "en" else zh
