"""Where the kilograms of a batch ended, also those that were poured into other batches.

A batch that came out of a repacking is a mixture: each parent has a share of it by the grams that it gave.
What
became of the mixture is shared out to the gram, so that every parent still closes and no gram is told twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from .accounts import Account, Descent
from .postings import rows_in, table
from .store import AccountRow, BalanceRow, DescentRow

Amounts = Counter[Account]


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


def mixtures(session: Session) -> tuple[dict[str, Amounts], dict[str, Amounts]]:
    """All batches that came out of others: (what their accounts hold, what each of their first parents
    has)."""
    parents = _grouped(session.execute(select(*table(DescentRow).c)))
    own = _own(session, parents)
    full = distribute(own, parents)
    return own, {batch: amounts for batch, amounts in full.items() if batch not in parents}


def family(session: Session, batch: str) -> list[Descent]:
    """Every pouring above and below a batch: what it came out of and what it went into, without undone
    ones."""
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
    ask = list(batches)
    while ask:
        statement = select(DescentRow.child).where(DescentRow.mass_g != 0)
        found = {row.child for row in rows_in(session, statement, DescentRow.parent, ask)}
        ask = sorted(found - known.keys())
        known.update(dict.fromkeys(ask))
    return _grouped(rows_in(session, select(*table(DescentRow).c), DescentRow.child, known))


def _grouped(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    made: dict[str, dict[str, int]] = {}
    for child, parent, mass_g in rows:
        made.setdefault(child, {})[parent] = mass_g
    return made


def _own(session: Session, batches: Iterable[str]) -> dict[str, Amounts]:
    account = AccountRow
    grams = (BalanceRow.in_g - BalanceRow.out_g).label("grams")
    statement = select(account.kind, account.place, account.code, account.batch, grams).join(
        BalanceRow, BalanceRow.account == account.id
    )
    made: dict[str, Amounts] = {batch: Counter() for batch in batches}
    for *key, mass_g in rows_in(session, statement, account.batch, list(made)):
        made[key[3]][Account(*key)] = mass_g
    return made
