"""From a draft plan to rounds on the road: publish, discard, crew, and taking things back."""

from __future__ import annotations

from . import boards, drafts
from .crew import assign_crew
from .footprints import county_saving
from .publishing import discard, publish
from .rearranging import cancel_round, send_back
from .revising import changes_of, discard_revision, publish_revision, revision_board

__all__ = [
    "assign_crew",
    "boards",
    "cancel_round",
    "changes_of",
    "county_saving",
    "discard",
    "discard_revision",
    "drafts",
    "publish",
    "publish_revision",
    "revision_board",
    "send_back",
]
