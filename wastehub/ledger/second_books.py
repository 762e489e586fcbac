"""The books once more, by the kernel of the verifier that outsiders run: it shares no line with ours.

A `Replay` is fed with the entries and remembers what each of them touched, so that stored postings, balances,
roll-ups, containers and cases can be compared entry by entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import canonical, wh_verify

Account = tuple[str, str, str, str]
Key = tuple[str, str, str]
Effect = dict[Account, tuple[int, int]]  # grams in, grams out


def _origin_key(account: Account) -> Key:
    kind, place, _code, batch = account
    return batch.split("/", 1)[0], kind, place.split(":", 1)[0]


class _NotedSums(dict[Account, list[int]]):
    """The verifier's sums; remembers what each account held before it was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[Account, tuple[int, int]] = {}

    def _note(self, key: Account) -> None:
        if key not in self.before:
            found = super().get(key)
            self.before[key] = (found[0], found[1]) if found else (0, 0)

    def get(self, key: Account, default: Any = None) -> Any:
        self._note(key)
        return super().get(key, default)

    def __getitem__(self, key: Account) -> list[int]:
        self._note(key)
        return super().__getitem__(key)

    def __setitem__(self, key: Account, value: list[int]) -> None:
        self._note(key)
        super().__setitem__(key, value)


class _Noted(dict[str, Any]):
    """A dictionary that remembers which keys were written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: set[str] = set()

    def __setitem__(self, key: str, value: Any) -> None:
        self.written.add(key)
        super().__setitem__(key, value)

    def update(self, other: Any = (), /, **more: Any) -> None:
        self.written.update(other)
        super().update(other, **more)


class Replay:
    """The second books up to `next_idx`. `touched_*`: since `forget_touched`."""

    def __init__(self) -> None:
        self.books = wh_verify.Books()
        self._sums, self._drums, self._cases = _NotedSums(), _Noted(), _Noted()
        self.books.sums, self.books.drums, self.books.cases = self._sums, self._drums, self._cases
        self.rollups: dict[Key, list[int]] = {}
        self._origins: dict[Key, int] = {}
        self.next_idx = 0
        self.last_hash = b""
        self.touched_accounts: set[Account] = set()

    def take(self, idx: int, leaf: bytes, leaf_hash: bytes) -> Effect:
        """What the entry moved: by its own event and by those that had waited for it."""
        assert idx == self.next_idx, "entries in order, each once"
        self._sums.before.clear()
        self.books.take(idx, canonical.loads(leaf)["ev"])
        self.next_idx, self.last_hash = idx + 1, leaf_hash
        effect: Effect = {}
        for account, (in_g, out_g) in self._sums.before.items():
            now = dict.get(self._sums, account)
            if now is None or (now[0], now[1]) == (in_g, out_g):
                continue
            moved = effect[account] = (now[0] - in_g, now[1] - out_g)
            rolled = self.rollups.setdefault(account[:3], [0, 0])
            rolled[0] += moved[0]
            rolled[1] += moved[1]
            key = _origin_key(account)
            self._origins[key] = self._origins.get(key, 0) + moved[0] - moved[1]
        self.touched_accounts.update(effect)
        return effect

    def forget_touched(self) -> None:
        self.touched_accounts.clear()
        self._drums.written.clear()
        self._cases.written.clear()

    # --- what the tables must say --------------------------------------------------------------------

    def balances(self, accounts: Iterable[Account] | None = None) -> dict[Account, tuple[int, int, int]]:
        wanted = dict.keys(self._sums) if accounts is None else accounts
        found = {}
        for account in wanted:
            in_g, out_g, last_idx = dict.__getitem__(self._sums, account)
            found[account] = (in_g, out_g, last_idx)
        return found

    def origins(self, accounts: Iterable[Account] | None = None) -> dict[Key, int]:
        """(origin, kind, kind of place) -> grams now, also 0: of all accounts or of these and their like."""
        wanted = self._origins.keys() if accounts is None else {_origin_key(each) for each in accounts}
        return {key: self._origins[key] for key in wanted}

    def containers(self, *, touched: bool = False) -> dict[str, tuple[Any, ...]]:
        """Label -> kind, place, code, batch, grams, basis, event of the mass."""
        labels = self._drums.written if touched else self._drums.keys()
        made = {}
        for label in labels:
            drum = self._drums[label]
            place = (drum.kind, drum.place, drum.code, drum.batch)
            made[label] = (*place, drum.mass_g, drum.basis, drum.mass_event)
        return made

    def cases(self, *, touched: bool = False) -> dict[str, tuple[Any, ...]]:
        """Key -> label, place, code, batch, grams, due day, entries that opened and closed it, how."""
        keys = self._cases.written if touched else self._cases.keys()
        made = {}
        for key in keys:
            case = self._cases[key]
            closed_idx = None if case.closed_idx < 0 else case.closed_idx
            made[key] = (case.label, case.place, case.code, case.batch, case.mass_g, case.due_on,
                         case.opened_idx, closed_idx, case.closed)  # fmt: skip
        return made

    @property
    def held(self) -> Mapping[int, str]:
        return self.books.held
