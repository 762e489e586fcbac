"""Where the kilograms of a batch ended, also those that were poured into other batches.

A batch that came out of a repacking is a mixture: each parent has a share of it by the grams that it gave.
What became of the mixture is shared out to the gram, so that every parent still closes and no gram is told
twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from wastehub.db import asked as for_asked
from wastehub.db import beside

from .accounts import Account, Descent
from .inquiries import before_mark
from .rows import rows_asked, rows_in, table
from .store import AccountRow, BalanceRow, DescentRow

Amounts = Counter[Account]

_descent, _account, _balance = table(DescentRow).c, table(AccountRow).c, table(BalanceRow).c
_CHILDREN = for_asked(select(_descent.child).where(_descent.mass_g != 0), _descent.parent)
_PARENTS = for_asked(select(*_descent), _descent.child)
_BALANCES = for_asked(
    select(
        _account.kind, _account.place, _account.code, _account.batch, _balance.in_g - _balance.out_g
    ).join_from(table(AccountRow), table(BalanceRow), _balance.account == _account.id),
    _account.batch,
)


@dataclass(frozen=True, slots=True)
class Traced:
    """Grams of the batch `origin` in an account that may be of another batch: its share of a mixture."""

    origin: str
    kind: str
    place: str
    code: str
    batch: str
    balance_g: int


def share_out(amounts: Sequence[int], weights: Sequence[int]) -> list[list[int]]:
    """Amounts shared by weights, to the gram: a row per weight, in proportion as far as whole grams allow.

    Each row sums to its weight and each column to its amount. The sums of amounts and of weights are equal;
    weights are not negative, amounts may be.
    """
    rest, left = list(amounts), sum(weights)
    if sum(rest) != left or min(weights, default=0) < 0:
        raise ValueError(f"{sum(rest)} g cannot be shared as {left} g")
    rows: list[list[int]] = []
    for weight in weights:
        row = [weight * amount // left if left else 0 for amount in rest]
        largest = sorted(range(len(rest)), key=lambda at: (-(weight * rest[at] % left) if left else 0, at))
        for at in largest[: weight - sum(row)]:
            row[at] += 1
        rest = [amount - taken for amount, taken in zip(rest, row, strict=True)]
        left -= weight
        rows.append(row)
    return rows


def traced(session: Session, batches: Iterable[str]) -> dict[str, list[Traced]]:
    """Where the kilograms of each batch are now, through every repacking; each list sums to zero with GEN."""
    wanted = sorted(set(batches))
    parents = _parents_below(session, wanted)
    own = _own(session, {*wanted, *parents})
    full = distribute(own, parents)
    return {
        batch: [Traced(batch, *account, grams) for account, grams in sorted(full[batch].items()) if grams]
        for batch in wanted
    }


def mixtures(
    session: Session, *, origins: Select[Any] | None = None, batches: Select[Any] | None = None
) -> tuple[dict[str, Amounts], dict[str, Amounts]]:
    """Batches that came out of others: (what the accounts of each hold, what each first parent has of them).

    Of those whose origin (the part of the name before "/") or whose name the query tells; of all without one.
    What nobody asked for is neither read nor shared out.
    """
    child, parent, mass_g = table(DescentRow).c

    def asked(column: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
        if origins is not None:
            yield before_mark(session, column, "/").in_(origins)
        if batches is not None:
            yield column.in_(batches)

    connection = beside(session)
    children = connection.execute(select(child).distinct().where(*asked(child))).scalars().all()
    first = select(parent).distinct().where(mass_g != 0, parent.not_in(select(child)), *asked(parent))
    wanted = connection.execute(first).scalars().all()
    parents = _parents_below(session, wanted)
    own = _own(session, {*children, *parents})
    full = distribute({batch: own[batch] for batch in parents}, parents)
    return {batch: own[batch] for batch in children}, {batch: full[batch] for batch in wanted}


def family(session: Session, batch: str) -> list[Descent]:
    """Every pouring above and below a batch: what it came out of, what it went into. Without undone ones."""
    found: dict[tuple[str, str], Descent] = {}
    for mine, other in ((DescentRow.parent, "child"), (DescentRow.child, "parent")):
        ask = [batch]
        while ask:
            rows = list(rows_in(session, select(*table(DescentRow).c), mine, ask))
            fresh = [Descent(*row) for row in rows if (row.child, row.parent) not in found and row.mass_g]
            found.update({(each.child, each.parent): each for each in fresh})
            ask = sorted({getattr(each, other) for each in fresh})
    return [found[key] for key in sorted(found)]


def poured_in_g(session: Session, batches: Iterable[str]) -> int:
    """Grams that were poured into some batches: a mixture begins with them, as others with a generation."""
    statement = select(DescentRow.mass_g)
    return sum(row.mass_g for row in rows_in(session, statement, DescentRow.child, sorted(set(batches))))


def below(session: Session, batch: str) -> list[str]:
    """The batches that kilograms of a batch went into, directly or through others."""
    return sorted(_parents_below(session, [batch]))


def distribute(own: Mapping[str, Amounts], parents: Mapping[str, Mapping[str, int]]) -> dict[str, Amounts]:
    """What every batch has, with its shares of what was made of it: `own` accounts, shares by `parents`."""
    full: dict[str, Amounts] = {batch: Counter(amounts) for batch, amounts in own.items()}
    for child in _children_first(parents):
        amounts = full.setdefault(child, Counter())
        weights = {parent: mass_g for parent, mass_g in sorted(parents[child].items()) if mass_g}
        if not weights:
            continue
        accounts = sorted(account for account, grams in amounts.items() if grams)
        rows = share_out([amounts[account] for account in accounts], list(weights.values()))
        for parent, row in zip(weights, rows, strict=True):
            mine = full.setdefault(parent, Counter())
            for account, grams in zip(accounts, row, strict=True):
                mine[account] += grams
    return full


def _children_first(parents: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The mixtures in an order in which each comes after all that was made of it."""
    children: dict[str, list[str]] = {}
    for child, each in parents.items():
        for parent in each:
            children.setdefault(parent, []).append(child)
    made: dict[str, None] = {}
    stack = sorted(parents, reverse=True)
    while stack:
        batch = stack[-1]
        waiting = [child for child in children.get(batch, ()) if child not in made]
        if waiting:
            stack += waiting
        else:
            made.setdefault(stack.pop())
    return [batch for batch in made if batch in parents]


def _parents_below(session: Session, batches: Sequence[str]) -> dict[str, dict[str, int]]:
    """The mixtures that some batches went into, directly or through others, each with all its parents."""
    known: dict[str, None] = {}
    ask, connection = list(batches), beside(session)
    while ask:
        found = {row.child for row in rows_asked(connection, _CHILDREN, ask)}
        ask = sorted(found - known.keys())
        known.update(dict.fromkeys(ask))
    return _grouped(rows_asked(connection, _PARENTS, known))


def _grouped(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    made: dict[str, dict[str, int]] = {}
    for child, parent, mass_g in rows:
        made.setdefault(child, {})[parent] = mass_g
    return made


def _own(session: Session, batches: Iterable[str]) -> dict[str, Amounts]:
    made: dict[str, Amounts] = {batch: Counter() for batch in batches}
    for row in rows_asked(beside(session), _BALANCES, made):
        account = Account._make(row[:4])
        made[account.batch][account] = row[4]
    return made
