"""The files that belong to the repository, with or without git."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "node_modules", "__pycache__", "var", "build", "dist", ".hypothesis"}


def tracked_files() -> list[Path]:
    """Committed files and those that would be committed, as absolute paths."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # an unpacked sdist
        found = (path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts))
        return sorted(path for path in found if path.is_file() and path.suffix not in {".mo", ".pyc"})
    names = (name for name in listed.decode().split("\0") if name)
    return sorted(path for path in map(ROOT.joinpath, names) if path.is_file())
