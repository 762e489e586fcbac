"""From a draft plan to rounds on the road: publish, discard, crew, and taking things back."""

from __future__ import annotations

from . import boards
from .crew import assign_crew
from .publishing import discard, publish
from .rearranging import cancel_round, send_back

__all__ = ["assign_crew", "boards", "cancel_round", "discard", "publish", "send_back"]
