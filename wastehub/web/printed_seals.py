"""The newest checkpoint as papers carry it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from ..ledger import integrating
from ..ledger.checkpoints import short_form
from .label_drawing import qr_svg

QR_MM = 30


@dataclass(frozen=True)
class PrintedSeal:
    """`short`: size and first 16 characters of the root; `qr`: the whole signed checkpoint."""

    size: int
    short: str
    qr: Markup


def printed_seal(session: Session) -> PrintedSeal | None:
    """What binds a paper that is printed now to the log; None before the first checkpoint."""
    newest = integrating.latest(session)
    if newest is None:
        return None
    short = short_form(newest.size, newest.root)
    return PrintedSeal(newest.size, short, qr_svg(newest.note, side_mm=QR_MM, quiet=2, label=short))
