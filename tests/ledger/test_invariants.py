"""The books under random histories: nothing is lost, invented, or counted twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import acts
from tests.ledger.acts import BATCH, FIRM, PLANT, POLICY, VEHICLE, Desk
from wastehub.ledger.accounts import PHYSICAL, SIGNED, Account, Held
from wastehub.ledger.books import Books, Sums
from wastehub.ledger.events import Event, Line

LABELS = ("L1", "L2", "L3", "L4")
Draw = Callable[[st.SearchStrategy[int]], int]
# Exact, inside tolerance, beyond it, nothing, absurd: as parts per thousand of 100 kg.
MASSES = st.sampled_from([0, 1, 70_000, 99_600, 100_000, 100_400, 130_000, 10**9])


def check(books: Books) -> None:
    """I1, I2, I3, I6, I9 of the ledger."""
    balances = {account: sums.balance_g for account, sums in books.accounts.items()}
    assert sum(balances.values()) == 0
    assert all(grams >= 0 for account, grams in balances.items() if account.kind not in SIGNED)
    custody: dict[Account, int] = {}
    for record in books.labels.values():
        state = record.state
        if state.kind in PHYSICAL:
            custody[state.account] = custody.get(state.account, 0) + state.mass_g
    cases: dict[Account, int] = {}
    for opened in books.cases.values():
        if not opened.case.closed:
            cases[opened.case.account] = cases.get(opened.case.account, 0) + opened.case.mass_g
    for account, grams in balances.items():
        if account.kind in PHYSICAL:
            assert custody.pop(account, 0) == grams, account
        if account.kind == "SUSP":
            assert cases.pop(account, 0) == grams, account
    assert not any(custody.values())
    assert not any(cases.values())


def likely(desk: Desk, label: str, choice: int, mass_g: int) -> Event:
    """An act that fits where the label is, so that histories get deep."""
    record = desk.books.labels.get(label)
    if record is None:
        return acts.registered(label, max(mass_g, 1), basis=("weighed", "estimated")[choice % 2])
    state = record.state
    site = VEHICLE if state.kind == "TRANS" else state.place
    common = (
        acts.spilled(label, min(mass_g, state.mass_g) // 2, site),
        acts.corrected(label, mass_g, state.mass_event, site),
    )
    fitting: tuple[Event, ...]
    if state.kind not in PHYSICAL:
        back = acts.reversal(state.loaded_by, *pouring_of(desk, label))
        return back if choice % 4 == 1 else acts.registered(label)
    if state.kind == "TRANS":
        fitting = (
            acts.load_undone(label),
            acts.relayed(label, mass_g),
            acts.reversal(state.loaded_by, label),
            acts.received(label, mass_g),
            acts.received(label, mass_g),
            acts.returned(label),
            acts.act("lot.received", PLANT, Line(label, mass_g=mass_g), facts=POLICY),
            *common,
        )
    elif state.place == FIRM:
        fitting = (
            acts.loaded(label, mass_g),
            acts.loaded(label),
            acts.voided(label),
            acts.relabelled(label, f"{label}~{len(desk.log)}"),
            acts.lost(label, 10),
            poured_with(desk, label, choice, mass_g),
            *common,
        )
    else:
        fitting = (
            acts.act("lot.shipped", state.place, Line(label, to_place=VEHICLE)),
            acts.treated(label, state.place),
            acts.counted(label, mass_g, state.place),
            poured_with(desk, label, choice, mass_g),
            acts.reversal(state.loaded_by, *pouring_of(desk, label)),
            *common,
        )
    return fitting[choice % len(fitting)]


def poured_with(desk: Desk, label: str, choice: int, mass_g: int) -> Event:
    """The container, and another one that stands beside it, poured into one or two new ones."""
    state = desk.books.labels[label].state
    beside = [
        each for each, record in desk.books.labels.items()
        if each != label and record.state.account[:3] == state.account[:3]
    ][: choice % 2]  # fmt: skip
    there_g = sum(desk.books.labels[each].state.mass_g for each in (label, *beside))
    first_g = max(1, min(mass_g, there_g))
    name = f"{label}{'*' if choice % 3 else '+'}{len(desk.log)}"
    filled = {name: first_g}
    if there_g > first_g and choice % 3:
        filled[f"{name}'"] = there_g - first_g
    code = "900-249-08" if choice % 7 == 6 else state.code
    event = acts.poured([label, *beside], filled, site=state.place, code=code)
    kind = "container.repacked" if code == state.code else "container.recoded"
    return replace(event, type=kind)


def pouring_of(desk: Desk, label: str) -> tuple[str, ...]:
    """All that was poured together with a container, or the container alone."""
    return desk.books.poured(desk.books.labels[label].state.loaded_by) or (label,)


def adverse(desk: Desk, label: str, choice: int, mass_g: int) -> Event:
    """An act that need not fit: repeated, out of place, about closed cases, with masses from elsewhere."""
    keys = sorted(desk.books.cases) or ["none"]
    wild = (
        acts.registered(label),
        acts.loaded(label, mass_g),
        acts.load_undone(label),
        acts.received(label, mass_g),
        acts.returned(label),
        acts.treated(label),
        acts.lost(label, mass_g),
        acts.spilled(label, mass_g),
        acts.counted(label, mass_g),
        acts.voided(label),
        acts.relabelled(label, LABELS[choice % 4]),
        acts.corrected(label, mass_g, desk.log[0].id),
        acts.resolved(keys[choice % len(keys)], ("TOL", "LOSS", "SPILL", "STOCK")[mass_g % 4]),
        acts.resolved(keys[choice % len(keys)], "TOL"),
        acts.relayed(label, mass_g),
        acts.reversal(desk.log[choice % len(desk.log)].id, label),
        acts.poured([label], {LABELS[choice % 4]: mass_g}),
        acts.poured([label, LABELS[choice % 4]], {f"X{choice}": mass_g}, batch=(BATCH, "R")[choice % 2]),
        waiting(acts.received(label, mass_g), UUID(int=choice % 50 + 1)),
        waiting(acts.loaded(label, mass_g), UUID(int=choice % 50 + 1)),
        acts.act(
            "container.loaded",
            FIRM,
            Line(label, to_place=VEHICLE),
            Line(LABELS[choice % 4], to_place=VEHICLE),
        ),
    )
    return wild[choice % len(wild)]


def same_books(desk: Desk, before: Any) -> bool:
    """Accounts, custody, open cases; a case that an act opened stays, closed by the reverse of that act."""
    totals, labels, cases = desk.snapshot()
    was_totals, was_labels, was_cases = before
    opened = {key: case for key, case in cases.items() if key in was_cases or not case.closed}
    return bool((totals, labels, opened) == (was_totals, was_labels, was_cases))


def waiting(event: Event, *parents: UUID) -> Event:
    return replace(event, after=parents)


def known(desk: Desk, label: str, choice: int) -> str:
    """The label, or one of those that were poured out of it."""
    found = [each for each in desk.books.labels if each[:2] == label]
    return found[choice % len(found)] if found else label


STEPS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.integers(0, 5), st.integers(0, 1_000), MASSES),
    min_size=1,
    max_size=40,
)


def lived(steps: list[tuple[str, int, int, int]], watch: Callable[[Desk], None] | None = None) -> Desk:
    """The desk after a history; five acts in six fit."""
    desk = Desk()
    desk.do(acts.registered(LABELS[0]))
    for label, chance, choice, mass_g in steps:
        if chance == 0:
            desk.do(adverse(desk, label, choice, mass_g))
        else:
            desk.do(likely(desk, known(desk, label, choice), choice, mass_g))
        if watch is not None:
            watch(desk)
    return desk


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_after_every_event_the_books_close(steps: list[tuple[str, int, int, int]]) -> None:
    lived(steps, lambda desk: check(desk.books))


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_replay_from_zero_gives_the_same_books(steps: list[tuple[str, int, int, int]]) -> None:
    desk = lived(steps)
    again = Books()
    for idx, event in enumerate(desk.log):
        again.apply(idx, event)
    assert again.accounts == desk.books.accounts
    assert again.labels == desk.books.labels
    assert again.cases == desk.books.cases


@settings(max_examples=100, deadline=None)
@given(STEPS, st.sampled_from(LABELS), MASSES)
def test_loading_and_undoing_changes_nothing_wherever_it_happens(
    steps: list[tuple[str, int, int, int]], label: str, mass_g: int
) -> None:
    desk = lived(steps)
    before = desk.snapshot()
    if not isinstance(desk.do(acts.loaded(label, mass_g)), Held):
        desk.post(acts.load_undone(label))
    assert same_books(desk, before)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(LABELS))
def test_a_reversal_restores_the_exact_books_wherever_it_happens(
    steps: list[tuple[str, int, int, int]], label: str
) -> None:
    """I7: whatever was the last act, its reverse gives the books before it; its own reverse is refused."""
    desk = Desk()
    desk.do(acts.registered(LABELS[0]))
    before = desk.snapshot()
    for name, _chance, choice, mass_g in steps:
        before = desk.snapshot()
        event = likely(desk, known(desk, name, choice), choice, mass_g)
        if isinstance(desk.do(event), Held) or desk.books.retried:
            continue
        labels = desk.books.poured(str(event.id)) or tuple(line.label for line in event.lines)
        back = acts.reversal(event.id, *labels)
        if not isinstance(desk.do(back), Held):
            now = desk.snapshot()
            # Labels of a pouring's outputs stay, dead; cases that it opened stay, closed.
            living = {
                each: state for each, state in now[1].items() if each in before[1] or state.kind != "VOID"
            }
            assert (now[0], living) == before[:2]
            assert all(now[2][key] == case for key, case in before[2].items())
            assert all(now[2][key].closed for key in now[2].keys() - before[2].keys())
            assert isinstance(desk.do(acts.reversal(back.id, *labels)), Held)
    check(desk.books)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_held_event_leaves_no_trace(steps: list[tuple[str, int, int, int]]) -> None:
    desk = lived(steps)
    before = desk.snapshot()
    if isinstance(desk.do(acts.registered(LABELS[0])), Held):
        assert desk.snapshot() == before


def test_histories_reach_every_kind_of_account() -> None:
    """The generator is worth nothing if it never gets there."""
    desk = Desk()
    kinds: set[str] = set()
    for seed in range(3_000):
        label = f"{LABELS[seed % 4]}.{seed // 60}"
        event = likely(desk, label, seed // 4 * 7 + seed, (0, 70_000, 99_600, 100_000, 130_000)[seed * 3 % 5])
        desk.do(event)
        for key in desk.open_cases()[:1]:
            desk.do(acts.resolved(key, ("LOSS", "TOL")[seed % 2]))
        kinds = {account.kind for account, sums in desk.books.accounts.items() if sums != Sums()}
    assert kinds == {"GEN", "STOCK", "TRANS", "DONE", "LOSS", "SPILL", "TOL", "SUSP"}
    reached = {record.state.kind for record in desk.books.labels.values()}
    assert reached >= {"VOID", "DONE", "STOCK", "REPACKED"}
    assert desk.books.descent
    check(desk.books)
