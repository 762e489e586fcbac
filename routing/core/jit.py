"""How the engine's inner loops are compiled: one decorator for all, without the GIL, cached on disk.

The cache directory is named after the sources, where they lie and when they were written. numba looks only
at place and time of the file of the function it compiles: it would go on using code into which an old version
of another file's function was pasted, and compile again what was copied, although it lies there.

Set NUMBA_BOUNDSCHECK=1 to run with every index checked (cached apart).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import njit

config: Any = numba.config
Function = TypeVar("Function", bound=Callable[..., Any])
PREFIX, WARM = "engine-", "warm"


def compiled(function: Function) -> Function:
    """Machine code on the first call, read from the cache afterwards."""
    return _decorated(function, forceinline=False)


def inlined(function: Function) -> Function:
    """The same for a few lines that are asked millions of times: pasted into their callers."""
    return _decorated(function, forceinline=True)


def _decorated(function: Function, *, forceinline: bool) -> Function:
    before = config.CACHE_DIR
    config.CACHE_DIR = str(CACHE)  # read by numba while it decorates
    # _nrt: nothing here allocates, so no references need counting, which halves the time to compile.
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    try:
        made: Function = njit(forceinline=forceinline, **options)(function)
    finally:
        config.CACHE_DIR = before
    return made


def _cache_directory() -> Path:
    """Beside the sources if that can be written to, else in the user's cache; older versions are removed."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(here.glob("*.py")):
        digest.update(f"{source}\0{source.stat().st_mtime_ns}\0".encode() + source.read_bytes())
    checked = "checked-" if os.environ.get("NUMBA_BOUNDSCHECK") == "1" else ""
    base = _writable(
        os.environ.get("NUMBA_CACHE_DIR"), here / "__pycache__", Path.home() / ".cache" / "wastehub-routing"
    )
    for other in base.glob(f"{PREFIX}{checked}*"):
        if other.name != f"{PREFIX}{checked}{digest.hexdigest()[:16]}" and bool(checked) == (
            "checked-" in other.name
        ):
            shutil.rmtree(other, ignore_errors=True)
    return base / f"{PREFIX}{checked}{digest.hexdigest()[:16]}"


def _writable(*candidates: str | Path | None) -> Path:
    for candidate in candidates:
        if candidate is None:
            continue
        try:
            Path(candidate).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=candidate):
                return Path(candidate)
        except OSError:
            continue
    return Path(tempfile.gettempdir())


CACHE = _cache_directory()
