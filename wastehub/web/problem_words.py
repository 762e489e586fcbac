"""Problems in a few words on the home pages."""

from __future__ import annotations

from ..domain import calendar, roles
from ..services import problems
from ..services.problems import Waiting
from .acting import Act


def todo(act: Act) -> Waiting | None:
    """What waits for the person's office or unit; nothing for who never sees problems."""
    if not roles.may(act.actor.role, "problem.view"):
        return None
    return problems.waiting(act.session, actor=act.actor, today=calendar.on_date(act.now))
