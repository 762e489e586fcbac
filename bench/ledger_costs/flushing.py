"""A disk that takes its time: every flush of a run waits so many milliseconds before the disk is asked.

On a disk whose cache answers a flush at once, acts beside raw commits only say how much Python an act takes.
The delay stands in a small C library that is loaded before all others into the bench and whatever it starts:
raw commits, web server, job worker and PostgreSQL wait alike.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

DELAY = "BENCH_FLUSH_DELAY_MS"
PRELOAD = "LD_PRELOAD"
ROOT = Path(__file__).resolve().parents[2]
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void wait_first(void) {
    const char *text = getenv("BENCH_FLUSH_DELAY_MS");
    long ms = text ? atol(text) : 0;
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    int before = errno;
    while (nanosleep(&left, &left) && errno == EINTR) {}
    errno = before;
}

int fsync(int fd) {
    wait_first();
    return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
    wait_first();
    return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""


def delayed_ms() -> int:
    """How much later each flush of this process comes; 0 without a delay."""
    return int(os.environ.get(DELAY, 0))


def run_again(flush_ms: int, module: str, arguments: Sequence[str]) -> int:
    """The same command, with each flush `flush_ms` later. The exit code."""
    with tempfile.TemporaryDirectory(prefix="wastehub-bench-flush-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL may run as a user of its own
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.call(command, cwd=ROOT, env=environment(flush_ms, compiled(Path(folder))))


def environment(flush_ms: int, library: Path) -> dict[str, str]:
    """Of processes whose flushes come so much later."""
    before = os.environ.get(PRELOAD, "")
    return os.environ | {DELAY: str(flush_ms), PRELOAD: f"{library} {before}".strip()}


def require_delay(folder: Path) -> None:
    """Ends the program unless both kinds of flush wait as long as they should in this process."""
    with (folder / "flushed").open("wb") as file:
        for flush in (os.fsync, os.fdatasync):
            file.write(b"x")
            file.flush()
            begun = time.perf_counter()
            flush(file.fileno())
            if time.perf_counter() - begun < delayed_ms() / 1e3:
                raise SystemExit(f"--flush-ms: {flush.__name__} does not wait; nothing was measured")


def require_delayed(commits_per_s: float) -> None:
    """Ends the program if the database commits faster than its flushes may come."""
    if commits_per_s * delayed_ms() > 1e3:
        raise SystemExit(f"--flush-ms: {commits_per_s:.0f} commits/s; the database does not wait")


def compiled(folder: Path) -> Path:
    """The library, made in the folder. Ends the program where that is not possible."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if sys.platform != "linux" or compiler is None:
        raise SystemExit("--flush-ms needs Linux and a C compiler; on Debian: apt-get install gcc")
    source, library = folder / "flushing.c", folder / "flushing.so"
    source.write_text(SOURCE)
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"--flush-ms: the C compiler failed\n{done.stderr}")
    return library
