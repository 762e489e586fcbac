"""What happens during a day that makes the rest of it worth planning again (F46)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ...domain.errors import InvalidInput

KINDS = ("breakdown", "crew_out", "delay", "no_show")
DELAY_MAX_MIN = 480


@dataclass(frozen=True, slots=True)
class Incident:
    """`kind`: breakdown or crew_out (the vehicle fetches no more today), delay (its next stop takes
    `minutes` longer), no_show (a stop fell away; nothing else is known).
    """

    kind: str
    round_id: UUID
    minutes: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput("revision.incident_unknown", field="kind", given=self.kind[:20])
        if self.kind == "delay" and not 1 <= self.minutes <= DELAY_MAX_MIN:
            raise InvalidInput(
                "revision.delay_out_of_range", field="minutes", given=self.minutes, most=DELAY_MAX_MIN
            )

    @property
    def takes_out(self) -> bool:
        return self.kind in ("breakdown", "crew_out")

    def written(self) -> dict[str, Any]:
        return {"kind": self.kind, "round_id": str(self.round_id), "minutes": self.minutes}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Incident:
        return cls(str(kept["kind"]), UUID(str(kept["round_id"])), int(kept["minutes"]))
