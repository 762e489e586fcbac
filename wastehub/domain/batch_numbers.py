"""Batch numbers 批次编码 of the statutory ledger: HWCS20261123001, unique per unit and day.

Source: HJ 1259-2022, notes under tables B.1 to B.5 ("may use").
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from wastehub.domain.errors import Conflict, InvalidInput


class Stage(StrEnum):
    """What the batch records; a plain string of the same value may be passed instead."""

    GENERATION = "generation"
    INTAKE = "intake"
    OUTBOUND = "outbound"
    OWN_USE = "own_use"
    OWN_DISPOSAL = "own_disposal"
    OUTSOURCED_USE = "outsourced_use"
    OUTSOURCED_DISPOSAL = "outsourced_disposal"
    EXPORT_USE = "export_use"
    EXPORT_DISPOSAL = "export_disposal"


PREFIXES = {
    Stage.GENERATION: "HWCS",
    Stage.INTAKE: "HWRK",
    Stage.OUTBOUND: "HWCK",
    Stage.OWN_USE: "HWZXLY",
    Stage.OWN_DISPOSAL: "HWZXCZ",
    Stage.OUTSOURCED_USE: "HWWWLY",
    Stage.OUTSOURCED_DISPOSAL: "HWWWCZ",
    Stage.EXPORT_USE: "HWCKLY",
    Stage.EXPORT_DISPOSAL: "HWCKCZ",
}
RUNNING_MAX = 999

_STAGES = {prefix: stage for stage, prefix in PREFIXES.items()}
# HWCK begins HWCKLY and HWCKCZ too: the digits must follow the whole prefix.
_NUMBER = re.compile(rf"({'|'.join(sorted(_STAGES, key=len, reverse=True))})([0-9]{{8}})([0-9]{{3}})")


@dataclass(frozen=True, slots=True)
class BatchNumber:
    stage: Stage
    on: date
    running: int


def batch_number(stage: Stage | str, on: date, running: int) -> str:
    """The number of a unit's `running`-th batch of the day, counted from 1.

    Raises Conflict("batch_number.exhausted", on=, stage=) above 999.
    """
    if running < 1:
        raise ValueError(f"batches are counted from 1: {running}")
    if running > RUNNING_MAX:
        raise Conflict("batch_number.exhausted", on=on, stage=str(stage))
    return f"{PREFIXES[Stage(stage)]}{on:%Y%m%d}{running:03d}"


def parse(text: str, field: str = "batch_no") -> BatchNumber:
    """Stage, day and running number. Raises InvalidInput("batch_number.malformed", given=)."""
    match = _NUMBER.fullmatch("".join(unicodedata.normalize("NFKC", text).split()).upper())
    if match is None or match[3] == "000":
        raise InvalidInput("batch_number.malformed", field=field, given=text.strip()[:40])
    day = match[2]
    try:
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError as wrong:
        raise InvalidInput("batch_number.malformed", field=field, given=text.strip()[:40]) from wrong
    return BatchNumber(_STAGES[match[1]], on, int(match[3]))
