"""How a firm confirms what it hands over 交接确认: by hand, by a one-time code, by a standing consent.

A code is drawn by chance when somebody of the firm asks for it on the firm's own page, for one stop and some
minutes: no code of a whole company exists, and nobody who has learnt one can make the next. The phone keeps
what was typed and the server judges it by the time of the act; a phone without a network cannot know.
No source was found for how a mover-out signs at the gate: whether it must is configuration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from wastehub.domain.errors import Conflict, InvalidInput

WAYS = ("glass", "code", "standing")
CODE_DIGITS = 6
# Two clocks, a person reading a number to another: this much beside the shown minutes is still in time.
CODE_GRACE = timedelta(minutes=2)
WRONG_CODES_MAX = 5
NAME_LONGEST = 40


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code that the firm's page showed for a stop."""

    id: UUID
    code: str
    shown_at: datetime
    valid_until_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """A standing consent of a firm: first and last day included; `ended_on` the day it was taken back."""

    id: UUID
    from_on: date
    until_on: date
    ended_on: date | None = None

    def holds_on(self, on: date) -> bool:
        return self.from_on <= on <= self.until_on and (self.ended_on is None or on < self.ended_on)


def code_of(chance: int) -> str:
    """Six digits of a number of chance."""
    return f"{chance % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def typed_code(text: str) -> str:
    """What was typed, without blanks. Raises InvalidInput("hand_over.code_malformed")."""
    code = re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(rf"[0-9]{{{CODE_DIGITS}}}", code):
        raise InvalidInput("hand_over.code_malformed", field="code", digits=CODE_DIGITS)
    return code


def require_code(text: str, shown: Sequence[ShownCode], *, at: datetime, wrong_before: int = 0) -> ShownCode:
    """The shown code that was typed at a moment.

    Raises InvalidInput: hand_over.code_malformed, hand_over.code_wrong; Conflict: hand_over.code_locked after
    too many wrong ones, hand_over.code_used, hand_over.code_expired(valid_until_at).
    """
    code = typed_code(text)
    if wrong_before >= WRONG_CODES_MAX:
        raise Conflict("hand_over.code_locked", field="code", wrong=wrong_before)
    # Of two with the same digits the later one is meant.
    found = sorted((each for each in shown if each.code == code), key=lambda each: each.shown_at)
    in_time = [e for e in found if e.shown_at - CODE_GRACE <= at <= e.valid_until_at + CODE_GRACE]
    if not found:
        raise InvalidInput("hand_over.code_wrong", field="code")
    if not in_time:
        raise Conflict("hand_over.code_expired", field="code", valid_until_at=found[-1].valid_until_at)
    unused = [each for each in in_time if not each.used]
    if not unused:
        raise Conflict("hand_over.code_used", field="code")
    return unused[-1]


def require_consent(consents: Sequence[Consent], *, on: date) -> Consent:
    """The consent in force on a day. Raises Conflict("hand_over.no_consent")."""
    found = [each for each in consents if each.holds_on(on)]
    if not found:
        raise Conflict("hand_over.no_consent", field="way", on=on)
    return max(found, key=lambda each: each.until_on)


def require_consent_days(from_on: date, until_on: date, *, today: date, days_max: int) -> None:
    """Raises InvalidInput: consent.until_past, consent.order, consent.too_long(days_max)."""
    if until_on < today:
        raise InvalidInput("consent.until_past", field="until_on", until_on=until_on)
    if until_on < from_on:
        raise InvalidInput("consent.order", field="until_on", from_on=from_on, until_on=until_on)
    if (until_on - from_on).days >= days_max:
        raise InvalidInput("consent.too_long", field="until_on", days_max=days_max)
