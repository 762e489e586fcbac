"""Do the stored books say what the log says? A quick sum, the tail since the last time, or everything.

sum   the roll-ups and the balances by origin add up to zero, and each is the sum of its balances.
tail  entries since the last run: their postings, and every account, container and case that they touched,
      recomputed by the second implementation.
full  everything that way; and every balance once more from the stored postings.

A difference stops the projector (projector.py), never the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from wastehub.db import Database

from . import edge, projector, tree
from .appending import SERVICE_AUTHOR, SERVICE_SITE, append
from .audit import STRIDE, take_snapshot
from .events import Event
from .findings import Problem
from .inquiries import before_mark
from .projector import Stop
from .reading import size
from .rows import AnyRow, rows_in, table, upsert
from .second_books import Account, Effect, Key, Replay
from .store import (
    AccountRow,
    BalanceRow,
    DiscrepancyRow,
    EntryRow,
    HeldRow,
    LabelStateRow,
    OriginRow,
    PostingRow,
    ReconciliationRow,
    RollupRow,
)

Scope = Literal["sum", "tail", "full"]
SCOPES: tuple[Scope, ...] = ("sum", "tail", "full")
EVERY = {"sum": timedelta(minutes=1), "tail": timedelta(hours=1), "full": timedelta(hours=20)}
# The full run waits for the night, but not for ever.
FULL_AT_THE_LATEST = timedelta(hours=36)
NIGHT_HOURS_UTC = (17, 18, 19, 20)  # 01:00 to 05:00 in Shanghai
# The state of the second books is kept between two tails of one process up to this many entries.
KEPT_ENTRIES_MAX = 300_000
PROBLEMS_MAX = 100
DETAIL_LONGEST = 300
CAUSES = ("entry", "leaf", "posting", "balance", "label_state", "case", "held", "rollup", "origin")


@dataclass(frozen=True, slots=True)
class Run:
    """The last run of a scope. `problem`: the first of `problems`."""

    scope: Scope
    ran_at: datetime
    took_ms: int
    entries: int
    upto_idx: int
    problems: int
    problem: Problem | None


@dataclass(slots=True)
class Found:
    """What a run found: all differences up to PROBLEMS_MAX."""

    entries: int = 0
    upto_idx: int = 0
    problems: list[Problem] = field(default_factory=list)

    def differs(self, idx: int, kind: str, detail: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(idx, kind, detail[:DETAIL_LONGEST]))

    @property
    def first(self) -> Problem | None:
        """The difference nearest to the cause: postings before sums of postings, early before late."""
        return min(self.problems, key=_nearness, default=None)


def _nearness(problem: Problem) -> tuple[int, bool, int]:
    what = problem.kind.partition(".")[0]
    return CAUSES.index(what), problem.idx < 0, problem.idx


class Reconciler:
    """The runs of one process over one database. Holds the second books between two tails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: Replay | None = None

    def run(self, scope: Scope, *, now: datetime, clock: Callable[[], float] = time.monotonic) -> Run:
        """Compare, remember the result, and stop the projector at the first difference."""
        began = clock()
        with self._database.reading() as session:
            take_snapshot(session)
            found = self._compare(session, scope)
        problem = found.first
        made = Run(scope, now, int((clock() - began) * 1000), found.entries, found.upto_idx,
                   len(found.problems), problem)  # fmt: skip
        with self._database.transaction() as session:
            _remember(session, made)
            stopped_now = problem is not None and _stop(session, scope, problem, now)
        if problem is not None:
            self._kept = None
        if stopped_now:
            # Posting stands still already: what hinders the alarm does not start it again.
            with self._database.transaction() as session:
                append(session, [_alarm(scope, problem, now)], now=now)
        return made

    def run_due(self, *, now: datetime) -> list[Run]:
        """Everything whose time has come; a full run is a tail as well."""
        with self._database.reading() as session:
            wanted = due(runs(session), now)
        return [self.run(scope, now=now) for scope in wanted]

    def _compare(self, session: Session, scope: Scope) -> Found:
        stop = projector.stopped(session)
        # While the projector stands still the books end where it stopped.
        upto_idx = stop.first_waiting_idx if stop is not None else size(session)
        found = Found(upto_idx=upto_idx)
        if scope == "sum":
            check_sum(session, found)
            return found
        replay = Replay() if scope == "full" else self._continued(session)
        since_idx = self._since(session, replay) if scope == "tail" else 0
        _Comparison(session, replay, found).run(since_idx, upto_idx, whole=scope == "full")
        if scope == "full":
            check_sum(session, found, always=True)
            check_balances_from_postings(session, found)
        self._kept = replay if upto_idx <= KEPT_ENTRIES_MAX and not found.problems else None
        return found

    def _continued(self, session: Session) -> Replay:
        """The kept second books if the log still has their last entry; else from the beginning."""
        kept = self._kept
        if kept is not None and kept.next_idx:
            statement = select(EntryRow.leaf_hash).where(EntryRow.idx == kept.next_idx - 1)
            if session.scalar(statement) == kept.last_hash:
                kept.forget_touched()
                return kept
        return Replay()

    @staticmethod
    def _since(session: Session, replay: Replay) -> int:
        """The first entry that no good run has compared yet."""
        good = [each.upto_idx for each in runs(session) if each.scope != "sum" and not each.problems]
        return max([replay.next_idx, *good])


def check_whole(session: Session) -> Found:
    """The full comparison on a session that somebody else has opened: as a repair sees its own work."""
    found = Found(upto_idx=size(session))
    _Comparison(session, Replay(), found).run(0, found.upto_idx, whole=True)
    check_sum(session, found, always=True)
    check_balances_from_postings(session, found)
    return found


class _Comparison:
    """One pass over the log with the second books beside the stored ones."""

    def __init__(self, session: Session, replay: Replay, found: Found) -> None:
        self._session, self._replay, self._found = session, replay, found

    def run(self, since_idx: int, upto_idx: int, *, whole: bool) -> None:
        """Feed entries up to `upto_idx`; compare what belongs to those from `since_idx` on."""
        while self._replay.next_idx < upto_idx:
            rows = self._entries(upto_idx)
            if not rows:
                self._found.differs(self._replay.next_idx, "entry.missing", "the log ends before its size")
                return
            stored = self._postings(max(rows[0].idx, since_idx), rows[-1].idx)
            for row in rows:
                if row.idx != self._replay.next_idx or tree.leaf_hash(row.leaf) != row.leaf_hash:
                    self._found.differs(row.idx, "leaf.changed", "the log itself is damaged: ledger verify")
                    return
                if row.idx == since_idx:
                    self._replay.forget_touched()
                effect = self._replay.take(row.idx, row.leaf, row.leaf_hash)
                if row.idx >= since_idx:
                    self._found.entries += 1
                    self._compare_effect(row.idx, stored.get(row.idx, {}), effect)
        if since_idx < upto_idx or whole:
            self._compare_tables(whole, upto_idx)

    def _entries(self, upto_idx: int) -> list[AnyRow]:
        statement = (
            select(EntryRow.idx, EntryRow.leaf, EntryRow.leaf_hash)
            .where(EntryRow.idx >= self._replay.next_idx, EntryRow.idx < upto_idx)
            .order_by(EntryRow.idx)
            .limit(STRIDE)
        )
        return list(self._session.execute(statement))

    def _postings(self, first: int, last: int) -> dict[int, Effect]:
        """Entry -> account -> grams in and out, from the stored postings."""
        src, dst = AccountRow.__table__.alias("src"), AccountRow.__table__.alias("dst")
        ends = [(each.c.kind, each.c.place, each.c.code, each.c.batch) for each in (src, dst)]
        statement = (
            select(PostingRow.idx, PostingRow.mass_g, *ends[0], *ends[1])
            .select_from(PostingRow)
            .outerjoin(src, src.c.id == PostingRow.src)
            .outerjoin(dst, dst.c.id == PostingRow.dst)
            .where(PostingRow.idx.between(first, last))
        )
        made: dict[int, Effect] = {}
        for row in self._session.execute(statement):
            effect = made.setdefault(row[0], {})
            for account, in_g, out_g in ((tuple(row[2:6]), 0, row[1]), (tuple(row[6:10]), row[1], 0)):
                had = effect.get(account, (0, 0))
                effect[account] = (had[0] + in_g, had[1] + out_g)
        return made

    def _compare_effect(self, idx: int, stored: Effect, given: Effect) -> None:
        for account in sorted(stored.keys() | given.keys(), key=str):
            has, right = stored.get(account), given.get(account)
            if has != right:
                word = "missing" if has is None else "surplus" if right is None else "changed"
                told = f"{_named(account)}: stored {_moved(has)}, the log gives {_moved(right)}"
                self._found.differs(idx, f"posting.{word}", told)

    # --- tables --------------------------------------------------------------------------------------

    def _compare_tables(self, whole: bool, upto_idx: int) -> None:
        replay, touched = self._replay, None if whole else set(self._replay.touched_accounts)
        balances = replay.balances(touched)
        self._compare("balance", _balances(self._session, touched), balances, lambda value: value[2])
        keys = None if touched is None else {account[:3] for account in touched}
        rolled = {key: tuple(sums) for key, sums in replay.rollups.items() if keys is None or key in keys}
        last: dict[tuple[str, str, str], int] = {}
        for account, value in replay.balances(touched).items():
            last[account[:3]] = max(value[2], last.get(account[:3], -1))
        self._compare("rollup", _rollups(self._session, keys), rolled, lambda value: -1, last)
        origins = replay.origins(touched)
        self._compare("origin", _origins(self._session, origins, whole=whole), origins, lambda value: -1)
        containers = replay.containers(touched=not whole)
        labels = None if whole else list(containers)
        self._compare("label_state", _containers(self._session, labels), containers, lambda value: -1)
        cases = replay.cases(touched=not whole)
        keys_of = None if whole else list(cases)
        self._compare("case", _cases(self._session, keys_of), cases, lambda value: value[6])
        if whole:
            statement = select(HeldRow.idx, HeldRow.reason).where(
                HeldRow.posted_idx.is_(None), HeldRow.idx < upto_idx
            )
            held = {idx: reason for idx, reason in self._session.execute(statement)}
            self._compare("held", held.items(), replay.held, lambda value: -1, {key: key for key in held})

    def _compare(
        self,
        what: str,
        stored: Iterable[tuple[Any, Any]],
        given: Mapping[Any, Any],
        idx_of: Callable[[Any], int],
        located: Mapping[Any, int] | None = None,
    ) -> None:
        def at(key: Any, value: Any) -> int:
            return located[key] if located and key in located else idx_of(value)

        met = set()
        for key, value in stored:
            met.add(key)
            right = given.get(key)
            if right is None:
                self._found.differs(at(key, value), f"{what}.surplus", f"{_named(key)}: not in the log")
            elif right != value:
                told = f"{_named(key)}: stored {value!r}, the log gives {right!r}"
                self._found.differs(at(key, right), f"{what}.changed", told)
        for key in given.keys() - met:
            self._found.differs(
                at(key, given[key]), f"{what}.missing", f"{_named(key)}: the log gives {given[key]!r}"
            )


def _named(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _moved(grams: tuple[int, int] | None) -> str:
    return "nothing" if grams is None else f"{grams[0]} g in, {grams[1]} g out"


def _balances(
    session: Session, touched: set[Account] | None
) -> Iterator[tuple[Account, tuple[int, int, int]]]:
    statement = select(
        AccountRow.kind, AccountRow.place, AccountRow.code, AccountRow.batch,
        BalanceRow.in_g, BalanceRow.out_g, BalanceRow.last_idx,
    ).join(BalanceRow, BalanceRow.account == AccountRow.id)  # fmt: skip
    if touched is None:
        rows: Iterable[AnyRow] = session.execute(statement.execution_options(yield_per=STRIDE))
    else:
        rows = rows_in(session, statement, AccountRow.batch, sorted({account[3] for account in touched}))
    for row in rows:
        account = (row[0], row[1], row[2], row[3])
        if touched is None or account in touched:
            yield account, (row[4], row[5], row[6])


def _rollups(
    session: Session, keys: set[tuple[str, str, str]] | None
) -> Iterator[tuple[tuple[str, str, str], tuple[int, int]]]:
    for row in session.execute(select(*table(RollupRow).c)):
        key = (row.kind, row.place, row.code)
        if keys is None or key in keys:
            yield key, (row.in_g, row.out_g)


def _origins(session: Session, wanted: Mapping[Key, int], *, whole: bool) -> Iterable[tuple[Key, int]]:
    """The stored grams of the wanted keys, 0 where there is no row; `whole`: of all others as well."""
    made = OriginRow
    statement = select(*table(made).c).where(made.balance_g != 0)
    stored = dict.fromkeys(wanted, 0)
    names = sorted({key[0] for key in wanted})
    for row in session.execute(statement) if whole else rows_in(session, statement, made.origin, names):
        key = (row.origin, row.kind, row.place_kind)
        if whole or key in wanted:
            stored[key] = row.balance_g
    return stored.items()


def _containers(session: Session, labels: Sequence[str] | None) -> Iterator[tuple[str, tuple[Any, ...]]]:
    made = LabelStateRow
    statement = select(made.label, made.kind, made.place, made.code, made.batch, made.mass_g, made.basis,
                       made.mass_event)  # fmt: skip
    if labels is None:
        rows: Iterable[AnyRow] = session.execute(statement.execution_options(yield_per=STRIDE))
    else:
        rows = rows_in(session, statement, made.label, labels)
    for row in rows:
        yield row[0], (*row[1:7], str(row[7]))


def _cases(session: Session, keys: Sequence[str] | None) -> Iterator[tuple[str, tuple[Any, ...]]]:
    made = DiscrepancyRow
    statement = select(made.key, made.label, made.place, made.code, made.batch, made.mass_g, made.due_on,
                       made.opened_idx, made.closed_idx, made.resolution)  # fmt: skip
    rows = session.execute(statement) if keys is None else rows_in(session, statement, made.key, keys)
    for row in rows:
        yield row[0], (*row[1:6], row[6].isoformat() if row[6] else "", *row[7:10])


# --- sums in the database ------------------------------------------------------------------------------


def check_sum(session: Session, found: Found, *, always: bool = False) -> None:
    """The roll-ups close: short questions at any size. If not (or `always`): which ones differ."""
    _check_rollups(session, found, always=always)
    _check_origins(session, found, always=always)


def _check_origins(session: Session, found: Found, *, always: bool) -> None:
    total = session.scalar(select(func.coalesce(func.sum(OriginRow.balance_g), 0)))
    if total:
        found.differs(-1, "origin.sum", f"the balances by origin add up to {int(total)} g instead of 0")
    elif not always:
        return
    account, balance = AccountRow, BalanceRow
    keys = (before_mark(session, account.batch, "/"), account.kind, before_mark(session, account.place, ":"))
    grams = func.sum(balance.in_g - balance.out_g)
    statement = (
        select(*keys, grams, func.max(balance.last_idx))
        .join(balance, balance.account == account.id)
        .group_by(*keys)
    )
    summed = {(row[0], row[1], row[2]): (int(row[3]), row[4]) for row in session.execute(statement)}
    stored = {(row[0], row[1], row[2]): row[3] for row in session.execute(select(*table(OriginRow).c))}
    for key in sorted(summed.keys() | stored.keys()):
        right_g, last_idx = summed.get(key, (0, -1))
        if stored.get(key, 0) != right_g:
            told = f"{_named(key)}: stored {stored.get(key, 0)} g, its balances add up to {right_g} g"
            found.differs(last_idx, "origin.changed", told)


def _check_rollups(session: Session, found: Found, *, always: bool) -> None:
    total = session.scalar(select(func.coalesce(func.sum(RollupRow.in_g - RollupRow.out_g), 0)))
    if total:
        found.differs(-1, "rollup.sum", f"the roll-ups add up to {int(total)} g instead of 0")
    elif not always:
        return
    account, balance = AccountRow, BalanceRow
    keys = (account.kind, account.place, account.code)
    statement = (
        select(*keys, func.sum(balance.in_g), func.sum(balance.out_g), func.max(balance.last_idx))
        .join(balance, balance.account == account.id)
        .group_by(*keys)
    )
    added = {
        (row[0], row[1], row[2]): (int(row[3]), int(row[4]), row[5]) for row in session.execute(statement)
    }
    for key, (in_g, out_g) in _rollups(session, None):
        right = added.pop(key, (0, 0, -1))
        if (in_g, out_g) != right[:2]:
            told = f"{_named(key)}: roll-up {_moved((in_g, out_g))}, balances {_moved((right[0], right[1]))}"
            found.differs(right[2], "rollup.changed", told)
    for key, right in added.items():
        found.differs(right[2], "rollup.missing", f"{_named(key)}: balances {_moved((right[0], right[1]))}")


def check_balances_from_postings(session: Session, found: Found) -> None:
    """Every balance is the sum of the stored postings of its account."""
    out = select(PostingRow.src.label("account"), (-PostingRow.mass_g).label("mass_g"))
    into = select(PostingRow.dst.label("account"), PostingRow.mass_g.label("mass_g"))
    both = union_all(out, into).subquery()
    summed = (
        select(both.c.account, func.sum(both.c.mass_g).label("mass_g")).group_by(both.c.account).subquery()
    )
    kept = (BalanceRow.in_g - BalanceRow.out_g).label("kept_g")
    statement = (
        select(AccountRow, kept, summed.c.mass_g, BalanceRow.last_idx)
        .join(BalanceRow, BalanceRow.account == AccountRow.id)
        .outerjoin(summed, summed.c.account == AccountRow.id)
        .where(kept != func.coalesce(summed.c.mass_g, 0))
        .limit(PROBLEMS_MAX)
    )
    for account, kept_g, summed_g, last_idx in session.execute(statement):
        name = _named((account.kind, account.place, account.code, account.batch))
        told = f"{name}: balance {int(kept_g)} g, its postings add up to {int(summed_g or 0)} g"
        found.differs(last_idx, "balance.postings", told)


# --- what was found is remembered ----------------------------------------------------------------------


def _remember(session: Session, run: Run) -> None:
    problem = run.problem or Problem(-1, "", "")
    values = {
        "scope": run.scope, "ran_at": run.ran_at, "took_ms": run.took_ms, "entries": run.entries,
        "upto_idx": run.upto_idx, "problems": run.problems, "problem_idx": problem.idx,
        "problem_kind": problem.kind, "problem_detail": problem.detail,
    }  # fmt: skip
    upsert(session, ReconciliationRow, [values])


def _stop(session: Session, scope: Scope, problem: Problem, now: datetime) -> bool:
    """From the next entry on facts wait. False: the projector stands still already."""
    first_waiting_idx = edge.lock_head(session.connection()).size
    if projector.stopped(session) is not None:
        return False
    stop = Stop(first_waiting_idx, scope, problem.idx, problem.kind, problem.detail, now)
    projector.note_stop(session, stop)
    return True


def _alarm(scope: Scope, problem: Problem | None, now: datetime) -> Event:
    """The stop is a fact of its own; it moves no mass, so it does not wait."""
    assert problem is not None, "an alarm has a reason"
    facts = {"scope": scope, "kind": problem.kind, "detail": problem.detail, "entry": problem.idx}
    return Event("projector.stopped", SERVICE_AUTHOR, SERVICE_SITE, now, subject=scope, facts=facts)


def runs(session: Session) -> list[Run]:
    """The last run of each scope."""
    made = []
    for row in session.execute(select(*table(ReconciliationRow).c).order_by(ReconciliationRow.scope)):
        problem = Problem(row.problem_idx, row.problem_kind, row.problem_detail) if row.problems else None
        made.append(Run(row.scope, row.ran_at, row.took_ms, row.entries, row.upto_idx, row.problems, problem))
    return made


def due(last: Sequence[Run], now: datetime) -> list[Scope]:
    """Which runs are to be made now. The full one waits for the night, and stands for a tail."""
    since = {run.scope: now - run.ran_at for run in last}
    full = since.get("full")
    if full is None or full >= FULL_AT_THE_LATEST or (full >= EVERY["full"] and now.hour in NIGHT_HOURS_UTC):
        return ["full", "sum"]
    wanted: list[Scope] = []
    if min(since.get("tail", full), full) >= EVERY["tail"]:
        wanted.append("tail")
    if since.get("sum", EVERY["sum"]) >= EVERY["sum"]:
        wanted.append("sum")
    return wanted
