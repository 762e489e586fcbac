"""The commands of both READMEs work, from a copy of the repository."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tracked import ROOT, tracked_files

READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PREFIXES = ("python3 -m wastehub", "wastehub", "python3 -m routing", "python -m routing")
# Runs this very test.
NOT_RUN = ("python3 -m wastehub test",)
READY = re.compile(r"http://127\.0\.0\.1:\d+")


def commands(readme: str) -> list[str]:
    """The lines of the shell blocks, without prompts and remarks."""
    lines = "\n".join(BLOCK.findall((ROOT / readme).read_text(encoding="utf-8"))).splitlines()
    stripped = (line.strip().removeprefix("$ ").split("  #")[0].strip() for line in lines)
    return [line for line in stripped if line.startswith(PREFIXES)]


@pytest.mark.parametrize("readme", READMES)
def test_both_readmes_name_the_two_commands(readme: str) -> None:
    assert {"python3 -m wastehub run", "python3 -m wastehub test"} <= set(commands(readme))


def test_both_readmes_name_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("readme") / "wastehub"
    for path in tracked_files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    yield folder


def test_the_commands_run(copy: Path) -> None:
    """In their order, in one copy. `run` counts when it prints its address and ends well on SIGTERM.

    A demo without a size of its own is made with few firms: what is tested is the command, not the city.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WASTEHUB_", "VIRTUAL", "PYTHON"))
    }
    environment = dict(kept, HOME=str(copy.parent), WASTEHUB_PORT="0")
    python = getattr(sys, "_base_executable", sys.executable)
    for command in dict.fromkeys(commands("README.md")):
        if command.startswith(NOT_RUN):
            continue
        program = command.replace("python3", python, 1).replace("python ", python + " ", 1)
        if program.startswith("wastehub"):
            program = f"{copy / '.venv' / 'bin' / program}"
        if " run" in command or " demo" in command:
            program += "" if "--firms" in command else " --firms 50"
        if " run" in command:
            run_until_ready(program.split(), copy, environment)
        else:
            subprocess.run(program.split(), cwd=copy, env=environment, check=True)


def run_until_ready(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        seen = ""
        for line in process.stdout:
            seen += line
            if READY.search(line):
                break
        process.send_signal(signal.SIGTERM)
        seen += process.stdout.read()
        assert process.wait(timeout=60) == 0, seen
    assert READY.search(seen), seen
