"""Small files that are whole or absent after a power cut, and that two processes change one at a time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock_now(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_now(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PATIENCE_S = 10.0
_ASK_AGAIN_S = 0.02


class Busy(RuntimeError):
    """Another process holds the folder and does not let go: it may be paused, or its disk may hang."""


def replace(path: Path, text: str) -> None:
    """Write the file anew: readers see the old or the new text, and the new one is on the disk."""
    unfinished = path.with_name(path.name + ".new")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _sync_folder(path.parent)


def read(path: Path) -> str | None:
    """The text of the file; None when there is none."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


@contextmanager
def locked(folder: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Nobody else changes the folder's files meanwhile. The lock goes with the process that held it.

    What is done under it takes milliseconds; a process that was stopped in the middle keeps it for as
    long as it is stopped, and the others must not stand still with it. Raises Busy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, folder, patience_s)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while True:
        try:
            return _lock_now(descriptor)
        except OSError as held:
            if time.monotonic() >= until:
                raise Busy(f"{folder} has been held by another process for {patience_s:g} s") from held
        time.sleep(_ASK_AGAIN_S)


def _sync_folder(folder: Path) -> None:
    """The new name is on the disk, too. Windows has no such call: there the rename itself is durable."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
