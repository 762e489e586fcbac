"""A round on the road beside its custody: rest, relay, changes, positions, arrivals, the end of the day."""

from __future__ import annotations

from ...domain.positions import Fix
from .arrivals import FirmArrival, firm_arrivals, update_arrivals
from .boards import CabDuty, RoundDuty, alarms_now, cab_duty, day_duty, round_duty
from .changes import RevisionDiff, StopChange, diffs_of, gone_stop, see_revision
from .closing import Closing, close_day, day_end
from .emergency import EmergencyCard, emergency_cards
from .papers import CarriedPapers, Unloading, carried_papers, unloading
from .positions import FixReport, Kept, keep_positions, position_rate, purge_positions, track
from .relaying import RelayIn, RelayOut, give, open_relays, relay_partners, take, withdraw
from .resting import begin_rest, end_rest

__all__ = [
    "CabDuty",
    "CarriedPapers",
    "Closing",
    "EmergencyCard",
    "FirmArrival",
    "Fix",
    "FixReport",
    "Kept",
    "RelayIn",
    "RelayOut",
    "RevisionDiff",
    "RoundDuty",
    "StopChange",
    "Unloading",
    "alarms_now",
    "begin_rest",
    "cab_duty",
    "carried_papers",
    "close_day",
    "day_duty",
    "day_end",
    "diffs_of",
    "emergency_cards",
    "end_rest",
    "firm_arrivals",
    "give",
    "gone_stop",
    "keep_positions",
    "open_relays",
    "position_rate",
    "purge_positions",
    "relay_partners",
    "round_duty",
    "see_revision",
    "take",
    "track",
    "unloading",
    "update_arrivals",
    "withdraw",
]
