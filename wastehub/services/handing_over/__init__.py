"""How a firm hands over at its gate: it confirms, agrees to a change, shows a code, consents beforehand."""

from .changing import GateChange, change_at_gate
from .confirming import Confirmation, confirm
from .consenting import consents, give_consent, withdraw_consent
from .looking import (
    FirmStop,
    GateRefusal,
    HandingOver,
    at_stops,
    firm_stops,
    of_stops,
    refused_at_gate,
    unconfirmed_stops,
)
from .showing import show_code

__all__ = [
    "Confirmation",
    "FirmStop",
    "GateChange",
    "GateRefusal",
    "HandingOver",
    "at_stops",
    "change_at_gate",
    "confirm",
    "consents",
    "firm_stops",
    "give_consent",
    "of_stops",
    "refused_at_gate",
    "show_code",
    "unconfirmed_stops",
    "withdraw_consent",
]
