"""Numbers that a phone gave and no longer holds: it says so, signed, and nothing disappears silently.

A browser may lose part of what it stored. The platform waits for the number that never comes, and all later
acts of the phone wait with it. So the phone takes the missing numbers with events of this kind and signs the
later acts anew behind them, with their own ids: each is still done once. A person decides about the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from wastehub.domain.errors import InvalidInput
from wastehub.domain.field_conflicts import OWN_FAULTS
from wastehub.domain.field_events import Body

KIND = "records_lost"
# Wrong words of the act itself; everything else may have been right with the act that is missing.
_OF_THE_WORDS = ("event.", "text.", "access.", "device.")


@dataclass(frozen=True, slots=True)
class Lost:
    """Numbers `first` to `last` of a device are not on the phone any more."""

    device: UUID
    first: int
    last: int

    @property
    def numbers(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def read(body: Body) -> Lost:
    """What an event of this kind says. Raises InvalidInput with the field at fault."""
    first = body.whole("first", lowest=1)
    return Lost(body.uuid("device"), first, body.whole("last", lowest=first))


def require_place(lost: Lost, *, device: UUID, seq: int) -> bool:
    """Whether the event is the first of its gap; on its own phone it stands in for one of the numbers.

    Raises InvalidInput("event.field_wrong") when its own number is none of those it speaks of.
    """
    if lost.device != device:
        return True
    if not lost.first <= seq <= lost.last:
        expected = f"{lost.first}–{lost.last}"
        raise InvalidInput("event.field_wrong", field="seq", name="seq", expected=expected)
    return seq == lost.first


def may_rest_on_it(code: str) -> bool:
    """Whether a refusal may come from the act that is missing: then a person decides, not the rule alone."""
    if code in OWN_FAULTS:
        return code == "scan.label_unknown"  # the binding of its label may be what is lost
    return not code.startswith(_OF_THE_WORDS)
