"""Merging, splitting, repacking 合并、分装、换装: containers are poured into new ones. Pure.

The event's first lines (facts "inputs": how many) are the containers that are emptied, the others those that
come out. Inputs are poured into outputs in the order of the lines, so that the postings follow from the event
alone. Outputs get batches that are new in the books; which grams of them came from which batch is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from .accounts import LOSS, REPACKED, STOCK, VOID, Account, Descent, LabelState
from .events import Line
from .workings import Refused, Work

_STOCK_ONLY = frozenset({STOCK})
Filled = tuple[Account, int]


def pour(inputs: Sequence[Filled], outputs: Sequence[Filled]) -> list[tuple[Account, Account, int]]:
    """(from, into, grams) of inputs poured into outputs in order; what is left goes to its own loss.

    The outputs hold no more than the inputs.
    """
    made: list[tuple[Account, Account, int]] = []
    wanted = list(outputs)
    for account, mass_g in inputs:
        while mass_g:
            target, room_g = wanted[0] if wanted else (account._replace(kind=LOSS), mass_g)
            poured_g = min(mass_g, room_g)
            made.append((account, target, poured_g))
            mass_g -= poured_g
            if wanted:
                wanted[0] = target, room_g - poured_g
                if not wanted[0][1]:
                    del wanted[0]
    return made


def repack(work: Work) -> None:
    """合并、分装、换装: STOCK -> STOCK(new batches) of the same code, a remainder to LOSS with a reason."""
    _transform(work, recoded=False)


def recode(work: Work) -> None:
    """变更废物代码: as a repacking, into containers of another waste code, with a reason."""
    _transform(work, recoded=True)


def _transform(work: Work, *, recoded: bool) -> None:
    lines = work.lines()
    count = work.number("inputs", 0)
    if not 0 < count < len(lines):
        raise Refused("facts.invalid", "inputs")
    place = work.text("place") or work.event.site
    emptied = [_empty(work, line, place) for line in lines[:count]]
    codes = {state.code for state in emptied}
    filled = [_fill(work, line, place, codes, recoded=recoded) for line in lines[count:]]
    left_g = sum(state.mass_g for state in emptied) - sum(state.mass_g for state in filled)
    if left_g < 0:
        raise Refused("mass.exceeds_content", f"{-left_g} g more than was there")
    if (left_g or recoded) and not work.text("reason"):
        raise Refused("reason.missing", f"{left_g} g left" if left_g else "")
    _post(work, emptied, filled, 1)


def _empty(work: Work, line: Line, place: str) -> LabelState:
    state = work.present(line, _STOCK_ONLY, place)
    if line.mass_g and line.mass_g != state.mass_g:
        raise Refused("mass.differs_from_record", f"{line.label}: {state.mass_g} g")
    work.labels[line.label] = work.reversible(state, state._replace(kind=REPACKED))
    return state


def _fill(work: Work, line: Line, place: str, codes: set[str], *, recoded: bool) -> LabelState:
    basis = work.new_content(line, "weighed")
    if work.view.batch_known(line.batch):
        raise Refused("batch.used", line.batch)
    if recoded and line.code in codes:
        raise Refused("code.unchanged", line.label)
    if (recoded and len(codes) > 1) or (not recoded and codes != {line.code}):
        raise Refused("code.recode_needed", f"{line.label}: {' '.join(sorted(codes))}")
    # One departure so far: what came out of others has no generation that could be voided.
    state = LabelState(
        STOCK, place, line.code, line.batch, line.mass_g, basis, place, "repack", work.event_id, moves=1,
        loaded_by=work.event_id,
    )  # fmt: skip
    work.labels[line.label] = state
    return state


def _post(work: Work, emptied: Sequence[LabelState], filled: Sequence[LabelState], sign: int) -> None:
    inputs = [(state.account, state.mass_g) for state in emptied]
    outputs = [(state.account, state.mass_g) for state in filled]
    for src, dst, mass_g in pour(inputs, outputs):
        work.move(src, dst, sign * mass_g)
        if src.batch != dst.batch:
            work.descent.append(Descent(dst.batch, src.batch, sign * mass_g))


def undo(work: Work, poured: Sequence[str], states: Sequence[tuple[Line, LabelState]]) -> None:
    """All of a pouring back: the inputs stand there again, the labels of the outputs are dead."""
    if tuple(line.label for line, _ in states) != tuple(poured):
        raise Refused("reversal.not_whole", f"{len(states)} of {len(poured)} containers")
    emptied = [state.before for _, state in states if state.before is not None]
    filled = [state for _, state in states if state.before is None]
    for line, state in states:
        again = state.before or state._replace(kind=VOID, loaded_by="")
        work.labels[line.label] = again
    _post(work, emptied, filled, -1)
