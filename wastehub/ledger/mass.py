"""The mass kernel: one event becomes balanced postings in whole grams, or is held with a reason.

Pure and deterministic: the books are a fold of `apply` over the log in index order, so any auditor
re-derives them to the gram. A posting moves mass_g > 0 from one account to another, so the sum over all
accounts is zero by construction.

Account = (kind, place, code, batch). Kinds: GEN the only source; STOCK and TRANS physical; DONE, LOSS,
SPILL sinks; TOL weighing difference inside tolerance and SUSP beyond it (an open case): either sign,
negative when mass was gained.

Custody moves at the recorded mass; a weighing is where mass may change, and only through TOL and SUSP.
Corrections and reversals are new events. A label (one fill of one container) lives once, also after it was
consumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import pouring
from .accounts import (
    DONE,
    GEN,
    LOSS,
    PHYSICAL,
    SPILL,
    STOCK,
    TOL,
    TRANS,
    VOID,
    Held,
    LabelState,
    Posted,
    View,
)
from .events import Event, Line
from .vocabulary import TYPES
from .workings import Refused, Work


def apply(event: Event, view: View) -> Posted | Held:
    """What the event does to the books. Never raises on a bad fact: it is held, whole, with the reason."""
    rule = RULES.get(TYPES[event.type].rule)
    if rule is None:
        return Posted((), {}, {})
    work = Work(event, view)
    try:
        work.check_parents()
        rule(work)
        work.check_physical()
    except Refused as refused:
        return Held(refused.reason, refused.detail, refused.need if event.v > 1 else "")
    return Posted(tuple(work.postings), work.labels, work.cases, tuple(work.descent))


def apportion_g(total_g: int, recorded_g: Sequence[int]) -> list[int]:
    """A lot weighed as a whole, shared over its containers by their recorded masses, to the gram.

    Remainders go to the largest fractions, earlier containers first. Raises ValueError when no mass is
    recorded.
    """
    whole = sum(recorded_g)
    if whole <= 0 or total_g < 0 or min(recorded_g) < 0:
        raise ValueError("needs recorded masses and a total that is not negative")
    shares = [total_g * mass_g // whole for mass_g in recorded_g]
    rests = sorted(range(len(shares)), key=lambda at: (-(total_g * recorded_g[at] % whole), at))
    for at in rests[: total_g - sum(shares)]:
        shares[at] += 1
    return shares


# Where the mass of a label comes from after a write-off -> where what is missing went.
_WRITTEN_OFF = {"loss": LOSS, "spill": SPILL}
_STOCK_ONLY = frozenset({STOCK})
_TRANS_ONLY = frozenset({TRANS})


def _generate(work: Work) -> None:
    """登记产生: GEN -> STOCK(site)."""
    for line in work.lines():
        basis = work.new_content(line, "estimated")
        if work.view.batch_derived(line.batch):
            raise Refused("batch.derived", line.batch)
        place = line.to_place or work.text("to_place") or work.event.site
        state = LabelState(
            STOCK, place, line.code, line.batch, line.mass_g, basis, place, "generation", work.event_id
        )
        work.move(state.account._replace(kind=GEN), state.account, line.mass_g)
        work.labels[line.label] = state


def _depart(work: Work) -> None:
    """装车、出库: STOCK -> TRANS(vehicle); a measured mass is compared with the record first."""
    for line in work.lines():
        state = work.present(line, _STOCK_ONLY, line.place or work.text("place") or work.event.site)
        vehicle = line.to_place or work.text("to_place")
        if not vehicle:
            raise Refused("place.missing", line.label)
        moved = work.weighed(line, state, state.account._replace(kind=TRANS, place=vehicle))
        work.labels[line.label] = work.reversible(state, moved._replace(moves=state.moves + 1))


def _undo_load(work: Work) -> None:
    """撤销装车: exactly the reverse of the loading, difference and case included."""
    undoes = work.text("undoes")
    for line in work.lines():
        state = work.present(line, _TRANS_ONLY)
        before = state.before
        if before is None or before.kind != STOCK or (undoes and undoes != state.loaded_by):
            raise Refused("load.not_undoable", line.label)
        _undo(work, line, state, before)


def _undo(work: Work, line: Line, state: LabelState, before: LabelState) -> None:
    """The exact reverse of a move or of a write-off, from the states before and after it."""
    if state.mass_from in _WRITTEN_OFF and state.mass_event == state.loaded_by:
        sink = before.account._replace(kind=_WRITTEN_OFF[state.mass_from])
        work.move(sink, before.account, before.mass_g - state.mass_g)
    else:
        if state.mass_event == state.loaded_by and state.weighing is not None:
            gained = state.mass_g > before.mass_g
            work.undo_difference(
                state.account if gained else before.account, state.weighing, state.mass_g, "undone"
            )
        work.move(state.account, before.account, min(state.mass_g, before.mass_g))
    work.labels[line.label] = before


def _relay(work: Work) -> None:
    """途中换车: TRANS(vehicle) -> TRANS(another vehicle)."""
    for line in work.lines():
        state = work.present(line, _TRANS_ONLY, line.place or work.text("place"))
        vehicle = line.to_place or work.text("to_place")
        if not vehicle:
            raise Refused("place.missing", line.label)
        if vehicle == state.place:
            raise Refused("place.same", f"{line.label}: {vehicle}")
        moved = work.weighed(line, state, state.account._replace(place=vehicle))
        work.labels[line.label] = work.reversible(state, moved)


def _arrive(work: Work) -> None:
    """入库、接收、退运: TRANS -> STOCK(place); measured, the rest goes to TOL or SUSP."""
    for line in work.lines():
        state = work.present(line, _TRANS_ONLY, line.place or work.text("place"))
        place = line.to_place or work.text("to_place") or work.event.site
        moved = work.weighed(line, state, state.account._replace(kind=STOCK, place=place))
        work.labels[line.label] = work.reversible(state, moved, since=2)


def _treat(work: Work) -> None:
    """利用处置: STOCK -> DONE; the container is empty afterwards."""
    for line in work.lines():
        state = work.present(line, _STOCK_ONLY, line.place or work.text("place") or work.event.site)
        done = work.weighed(line, state, state.account._replace(kind=DONE))
        work.labels[line.label] = work.reversible(state, done, since=2)


def _lose(work: Work) -> None:
    """申报损耗: STOCK -> LOSS, with a reason."""
    for line in work.lines():
        _write_off(work, line, work.present(line, _STOCK_ONLY, line.place or work.text("place")), LOSS)


def _spill(work: Work) -> None:
    """申报泄漏事故: STOCK or TRANS -> SPILL, with a reason."""
    for line in work.lines():
        _write_off(work, line, work.present(line, PHYSICAL, line.place or work.text("place")), SPILL)


def _write_off(work: Work, line: Line, state: LabelState, kind: str) -> None:
    if not (line.reason or work.text("reason")):
        raise Refused("reason.missing", line.label)
    if line.mass_g <= 0:
        raise Refused("mass.missing", line.label)
    if line.mass_g > state.mass_g:
        raise Refused("mass.exceeds_content", f"{line.label}: {state.mass_g} g")
    work.move(state.account, state.account._replace(kind=kind), line.mass_g)
    rest_g = state.mass_g - line.mass_g
    rest = state._replace(
        kind=state.kind if rest_g else kind, mass_g=rest_g, mass_event=work.event_id, weighing=None,
        mass_from=kind.lower() if work.event.v > 1 else "other",
    )  # fmt: skip
    work.labels[line.label] = work.reversible(state, rest, since=2)


def _count(work: Work) -> None:
    """盘点: what is there differs from the books -> SUSP (TOL inside a tolerance that the event states)."""
    for line in work.lines():
        state = work.present(line, _STOCK_ONLY, line.place or work.text("place") or work.event.site)
        work.labels[line.label] = _reweigh(work, line, state, state.mass_g, state.basis, work.event.site)


def _correct(work: Work) -> None:
    """更正质量: a counter-act to the event that the present mass comes from (facts "corrects")."""
    corrects = work.text("corrects")
    for line in work.lines():
        state = work.present(line)
        if corrects != state.mass_event:
            raise Refused("correction.superseded", f"{line.label}: {state.mass_event}")
        if state.mass_from == "generation":
            work.labels[line.label] = _correct_generation(work, line, state)
        elif state.weighing is not None:
            was = state.weighing
            work.undo_difference(state.account, was, state.mass_g, "corrected")
            work.labels[line.label] = _reweigh(work, line, state, was.against_g, was.against_basis, was.place)
        else:
            raise Refused("correction.not_a_weighing", line.label)


def _correct_generation(work: Work, line: Line, state: LabelState) -> LabelState:
    if line.mass_g <= 0:
        raise Refused("mass.missing", line.label)
    source = state.account._replace(kind=GEN, place=state.origin)
    work.move(source, state.account, line.mass_g - state.mass_g)
    basis = line.basis or work.text("basis") or state.basis
    return state._replace(
        mass_g=line.mass_g, basis=basis, mass_event=work.event_id, before=None, loaded_by=""
    )


def _reweigh(work: Work, line: Line, state: LabelState, against_g: int, basis: str, at: str) -> LabelState:
    """The container stays, its mass is what the scale says. Zero grams must be said with a basis."""
    measured_g = work.measured_g(line, state)
    if measured_g is None:
        raise Refused("mass.missing", line.label)
    weighing = work.difference(line, state.account, against_g, basis, measured_g, at)
    return state._replace(
        mass_g=measured_g, basis="weighed", mass_from="weighing", mass_event=work.event_id, weighing=weighing,
        before=None, loaded_by="",
    )  # fmt: skip


def _void(work: Work) -> None:
    """作废容器: the generation is reversed, STOCK(site) -> GEN, while the container has never left."""
    for line in work.lines():
        state = work.present(line, _STOCK_ONLY, line.place or work.text("place") or work.event.site)
        if state.moves:
            raise Refused("void.after_movement", line.label)
        work.move(state.account, state.account._replace(kind=GEN, place=state.origin), state.mass_g)
        work.labels[line.label] = state._replace(kind=VOID, before=None, loaded_by="")


def _relabel(work: Work) -> None:
    """更换标签: the fill goes on under the second line's code, the first line's is dead. No mass moves."""
    lines = work.lines()
    if len(lines) != 2:
        raise Refused("facts.invalid", f"{len(lines)} lines: the old label and the new one")
    old, new = lines
    state = work.present(old)
    if work.known(new.label) is not None:
        raise Refused("label.used", new.label)
    work.labels[new.label] = state
    work.labels[old.label] = state._replace(kind=VOID, weighing=None, before=None, loaded_by="")


def _resolve(work: Work) -> None:
    """处理差异: SUSP -> TOL, LOSS or SPILL. The case knows its account; the event cannot choose another."""
    case = work.open_case(work.text("case"))
    into = work.text("to")
    if into not in (TOL, LOSS, SPILL) or (case.mass_g < 0 and into != TOL):
        raise Refused("case.resolution", into)
    work.move(case.account, case.account._replace(kind=into), case.mass_g)
    work.cases[case.key] = case._replace(closed=into)


def _reverse(work: Work) -> None:
    """撤销记录: the exact reverse of an act (facts "reverses") on which nothing rests yet."""
    reverses = work.text("reverses")
    poured = work.view.poured(reverses)
    states = [(line, work.last_changed(line, reverses)) for line in work.lines()]
    if poured:
        pouring.undo(work, poured, states)
        return
    for line, state in states:
        if state.before is None or line.label in work.labels:
            raise Refused("reversal.not_the_last", line.label)
        _undo(work, line, state, state.before)


RULES: dict[str, Callable[[Work], None]] = {
    "generate": _generate,
    "depart": _depart,
    "undo_load": _undo_load,
    "arrive": _arrive,
    "treat": _treat,
    "lose": _lose,
    "spill": _spill,
    "count": _count,
    "correct": _correct,
    "void": _void,
    "relabel": _relabel,
    "resolve": _resolve,
    "relay": _relay,
    "repack": pouring.repack,
    "recode": pouring.recode,
    "reverse": _reverse,
}
