"""The life of a label: draft, printed, reprinted, replaced, void; and what a scan of a dead one must say.

A label is the print of one 37-character code. Printing it again keeps the code. Replacing gives the same
fill a new code and ends the old one for ever: HJ 1276-2022 asks for a legible label on every container, and
a code names one fill only, so two living codes on one drum must never be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wastehub.domain.custody import Verdict

LabelState = Literal["draft", "printed", "reprinted", "replaced", "void"]

# Where a container may get a new code: where it stands still and somebody with a printer has it before him.
REPLACEABLE = frozenset({"registered", "labelled", "stored"})


@dataclass(frozen=True, slots=True)
class DeadLabel:
    """A code that no container may carry any more. `kind`: replaced, unbound, roll_void."""

    kind: str
    code: str
    successor: str = ""
    roll_no: str = ""


def state_of(container_state: str, prints: int) -> LabelState:
    """The state of the code that a container carries now."""
    if container_state == "void":
        return "void"
    if prints == 0:
        return "draft"
    return "printed" if prints == 1 else "reprinted"


def verdict_on(dead: DeadLabel) -> Verdict:
    """What a driver's scan of a dead code is answered: refused, with the code that counts instead."""
    if dead.kind == "replaced":
        return Verdict("refused", "label_replaced", {"label_code": dead.code, "successor": dead.successor})
    reason = "roll_label_free" if dead.kind == "unbound" else "roll_label_void"
    return Verdict("refused", reason, {"label_code": dead.code, "roll_no": dead.roll_no})
