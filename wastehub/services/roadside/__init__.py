"""Whoever moves a load shows an officer its papers: a link for half an hour, without sign-in (F22, F70)."""

from .links import Shown, alive, alive_of_lot, open_pass, renew, revoke, show, show_lot
from .loads import Load, LoadPapers, may_show_lot

__all__ = [
    "Load",
    "LoadPapers",
    "Shown",
    "alive",
    "alive_of_lot",
    "may_show_lot",
    "open_pass",
    "renew",
    "revoke",
    "show",
    "show_lot",
]
