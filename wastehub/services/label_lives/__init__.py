"""What becomes of labels: reprints, new codes for old fills, rolls printed beforehand, dead codes."""

from .looking import Life, history, life_of
from .replacing import replace_label
from .rolls import (
    LABELS_PER_ROLL_MAX,
    RollRow,
    bind,
    end_roll,
    firms_for_rolls,
    hand_out,
    roll_detail,
    rolls,
)

__all__ = [
    "LABELS_PER_ROLL_MAX",
    "Life",
    "RollRow",
    "bind",
    "end_roll",
    "firms_for_rolls",
    "hand_out",
    "history",
    "life_of",
    "replace_label",
    "roll_detail",
    "rolls",
]
