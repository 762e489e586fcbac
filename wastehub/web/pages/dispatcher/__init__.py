"""The dispatcher: what waits, tomorrow's plan, the rounds on the road."""

from . import adjusting, comparing, home, plans, revisions, rounds, runs, unconfirmed
from .blueprint import pages, queue_after_commit

__all__ = [
    "adjusting",
    "comparing",
    "home",
    "pages",
    "plans",
    "queue_after_commit",
    "revisions",
    "rounds",
    "runs",
    "unconfirmed",
]
