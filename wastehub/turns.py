"""Who writes on SQLite: one act after the other, and one flush for all that came while the disk was busy.

SQLite lets one transaction write and tells the others to ask again after a sleep: of eight threads that write
all the time, some wait a second. Threads of one process queue here instead and never ask in vain.

A commit waits for the disk, and nobody else may write meanwhile. So whoever finds others waiting at the end
of his act does not commit: he hands the open transaction to the one who has waited longest, who acts in a
savepoint of it, and so on; the last one commits for all of them. Nobody's act is done, and nobody is
answered, before that commit has reached the disk. An act that fails goes back to its savepoint and disturbs
nobody; a commit that fails fails for all of its acts, and nothing of them is kept.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine

# So many acts share a commit at most, and none joins a transaction that is older: the first of them is not
# answered before the last, and other processes may not write meanwhile.
MOST = 16
SHARED_S = 0.1


class SharedCommitFailed(RuntimeError):
    """The commit that this act shared with others failed: nothing of it was kept."""


class Group:
    """Acts in one transaction. Only the thread whose turn it is touches it, until it is over."""

    def __init__(self, engine: Engine) -> None:
        self.connection = engine.connect()
        try:
            self._transaction = self.connection.begin()
        except BaseException:
            self.connection.close()
            raise
        self._driver: Any = self.connection.connection.dbapi_connection
        self._began = time.monotonic()
        self.joined = 0
        self.kept = 0
        self._failure: BaseException | None = None
        self._over = threading.Event()

    @property
    def is_open(self) -> bool:
        """Whether SQLite still has the transaction: after some faults (a full disk) it ends it itself."""
        with suppress(Exception):  # the driver's connection may be closed
            return self._transaction.is_active and bool(self._driver.in_transaction)
        return False

    @property
    def takes_more(self) -> bool:
        return self.is_open and self.joined < MOST and time.monotonic() - self._began < SHARED_S

    def end(self) -> None:
        """Commit and wake the others. What goes wrong is for `require_kept` to tell."""
        try:
            if self.is_open:
                self._transaction.commit()
            elif self.kept and (self.joined > 1 or self._transaction.is_active):
                # Else a single act took back what it did.
                raise SharedCommitFailed("SQLite ended the transaction by itself")
        except BaseException as failure:
            self._failure = failure
        finally:
            with suppress(Exception):
                self._transaction.close()
            with suppress(Exception):
                self.connection.close()
            self._over.set()

    def wait(self) -> None:
        """Until another thread has ended the group."""
        self._over.wait()

    def require_kept(self, *, shared: bool) -> None:
        """Raises what the commit failed with; for an act that shared it, SharedCommitFailed."""
        if self._failure is None:
            return
        if shared:
            raise SharedCommitFailed("the commit failed") from self._failure
        raise self._failure


class _Place:
    """Of a thread in the queue. `group`: the open one that it was handed, if any."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.turn.acquire()
        self.group: Group | None = None


class Turns:
    """A queue of threads that write: the turn goes to whoever has waited longest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._taken = False
        self._owner: int | None = None
        self._waiting: deque[_Place] = deque()

    @contextmanager
    def act(self) -> Iterator[Group]:
        """A turn. What was done is durable when the block has ended without an exception."""
        handed = self._enter()
        try:
            group = handed or Group(self._engine)
        except BaseException:
            self._pass_on()
            raise
        group.joined += 1
        try:
            yield group
            group.kept += 1
        except BaseException:
            self._leave(group)
            raise
        waited = self._leave(group)
        group.require_kept(shared=waited)

    def _enter(self) -> Group | None:
        """Wait for the turn; the group that is handed over with it."""
        me = threading.get_ident()
        with self._guard:
            if self._owner == me:
                raise RuntimeError("a transaction within a transaction would wait for itself")
            if not self._taken:
                self._taken, self._owner = True, me
                return None
            place = _Place()
            self._waiting.append(place)
        place.turn.acquire()
        with self._guard:
            self._owner = me
        return place.group

    def _leave(self, group: Group) -> bool:
        """Hand the group on, or end it. Returns when it is over: whether another thread has ended it."""
        if group.takes_more and self._pass_on(group):
            group.wait()
            return True
        group.end()
        self._pass_on()
        return False

    def _pass_on(self, group: Group | None = None) -> bool:
        """The turn to the next, with the group if there is one; without a next it stays with a group."""
        with self._guard:
            if not self._waiting and group is not None:
                return False
            self._owner = None
            if not self._waiting:
                self._taken = False
                return False
            heir = self._waiting.popleft()
            heir.group = group
            heir.turn.release()
            return True
