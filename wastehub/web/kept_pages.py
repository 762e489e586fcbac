"""Answers that are the same for everybody, kept for a moment: a flood of scans spares the database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from flask import current_app

from .. import clock

KEEP_S = 10
PAGES_MAX = 2_000
_KEPT = "wastehub.kept_pages"

Answer = tuple[str, int]  # body, status


@dataclass
class KeptPages:
    """The newest pages by key, no more than `PAGES_MAX`, none older than it may be."""

    pages: OrderedDict[tuple[str, ...], tuple[datetime, Answer]] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def find(self, key: tuple[str, ...], now: datetime, keep_s: int) -> Answer | None:
        with self.lock:
            found = self.pages.get(key)
        if found is None or now - found[0] >= timedelta(seconds=keep_s):
            return None
        return found[1]

    def keep(self, key: tuple[str, ...], now: datetime, answer: Answer) -> None:
        with self.lock:
            self.pages[key] = (now, answer)
            self.pages.move_to_end(key)
            while len(self.pages) > PAGES_MAX:
                self.pages.popitem(last=False)


def kept(key: tuple[str, ...], make: Callable[[], Answer]) -> Answer:
    """The answer for a key: one made a moment ago, else a new one."""
    # In tests a fact must be seen at once, unless the test is about this.
    keep_s = current_app.config.get("KEEP_PUBLIC_PAGES_S", 0 if current_app.testing else KEEP_S)
    if not keep_s:
        return make()
    store: KeptPages = current_app.extensions.setdefault(_KEPT, KeptPages())
    now = clock.now_utc()
    found = store.find(key, now, keep_s)
    if found is None:
        found = make()
        store.keep(key, now, found)
    return found
