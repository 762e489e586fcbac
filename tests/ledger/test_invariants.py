"""The books under random histories: nothing is lost, invented, or counted twice."""

from __future__ import annotations

from collections.abc import Callable

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
    if state.kind == "TRANS":
        fitting = (
            acts.load_undone(label),
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
            acts.lost(label, 10),
            *common,
        )
    else:
        fitting = (
            acts.act("lot.shipped", state.place, Line(label, to_place=VEHICLE)),
            acts.treated(label, state.place),
            acts.counted(label, mass_g, state.place),
            *common,
        )
    return fitting[choice % len(fitting)]


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
        acts.corrected(label, mass_g, desk.log[0].id),
        acts.resolved(keys[choice % len(keys)], ("TOL", "LOSS", "SPILL", "STOCK")[mass_g % 4]),
        acts.resolved(keys[choice % len(keys)], "TOL"),
        acts.act(
            "container.loaded",
            FIRM,
            Line(label, to_place=VEHICLE),
            Line(LABELS[choice % 4], to_place=VEHICLE),
        ),
    )
    return wild[choice % len(wild)]


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
        desk.do((adverse if chance == 0 else likely)(desk, label, choice, mass_g))
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
    before, open_before = desk.totals(), desk.open_cases()
    state = desk.books.label(label)
    if not isinstance(desk.do(acts.loaded(label, mass_g)), Held):
        desk.post(acts.load_undone(label))
        assert desk.books.label(label) == state
    assert desk.totals() == before
    assert desk.open_cases() == open_before


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
    assert {record.state.kind for record in desk.books.labels.values()} >= {"VOID", "DONE", "STOCK"}
    assert all(record.state.batch == BATCH for record in desk.books.labels.values())
    check(desk.books)
