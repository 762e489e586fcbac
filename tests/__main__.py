"""`python3 -m wastehub test [pytest arguments] [--long]`: everything that judges a change.

Style, types and import contracts are tests too (tests/house/test_checks.py), so the closing line of
pytest speaks for all of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.browsers import provide_browser

ROOT = Path(__file__).resolve().parent.parent
WORKERS_MAX = 8


def main() -> int:
    arguments = sys.argv[1:]
    if wants_browser(arguments):
        provide_browser()
    command = [sys.executable, "-m", "pytest"]
    if not any(
        argument.startswith(("-n", "--numprocesses", "--pdb", "--collect-only", "--co"))
        for argument in arguments
    ):
        # One more than there are cores, because browsers and databases let their worker wait. A group stays
        # on one worker: two browsers at once are too many for two cores.
        workers = min((os.cpu_count() or 1) + 1, WORKERS_MAX)
        command += ["-n", str(workers), "--dist", "loadgroup"]
    environment = dict(os.environ, TZ="UTC")
    # Workers and the commands that tests start read what others have compiled; it lies in ignored folders.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run([*command, *arguments], cwd=ROOT, env=environment).returncode


def wants_browser(arguments: list[str]) -> bool:
    """Whether the chosen tests may include tests/browser."""
    chosen = [argument.split("::")[0] for argument in arguments if not argument.startswith("-")]
    paths = [Path(argument) for argument in chosen if (ROOT / argument).exists()]
    return not paths or any(path.parts[:2] in (("tests",), ("tests", "browser"), ()) for path in paths)


if __name__ == "__main__":
    sys.exit(main())
