"""The pages of the register of firms hang here."""

from __future__ import annotations

from flask import Blueprint

from ... import words

pages = Blueprint("enterprises", __name__, url_prefix="/enterprises")
pages.record_once(lambda state: words.register(state.app))
