"""The commands of both READMEs work, from a copy of the repository.

What takes minutes is not done again, because the set-up of this very run did it: fetching the libraries and
compiling the route planner. The copy has an environment of its own, which finds the libraries of this one and
the planner where it is compiled; into that the set-up installs, builds and links in earnest. The long test in
test_bootstrap.py starts from an empty home.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.house.tracked import ROOT, tracked_files

READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PREFIXES = ("python3 -m wastehub", "wastehub", "python3 -m routing", "python -m routing")
# Runs this very test.
NOT_RUN = ("python3 -m wastehub test",)
READY = re.compile(r"http://127\.0\.0\.1:\d+")
BUILT = ("wastehub/frontend/node_modules", "wastehub/static/dist")
# What is compiled is bound to the place of its sources: a copy of the planner would be compiled again.
LEFT_IN_PLACE = "routing"


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
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme") / "wastehub"
    for path in tracked_files():
        inside = path.relative_to(ROOT)
        if inside.parts[0] != LEFT_IN_PLACE:
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / inside)
    for built in BUILT:
        shutil.copytree(ROOT / built, folder / built, symlinks=True)
    make_environment(folder / ".venv")
    return folder


def make_environment(folder: Path) -> None:
    """An environment of its own, in which that of this run and its planner are found last."""
    pip_comes_along = ["--without-pip"] if importlib.util.find_spec("pip") else []
    subprocess.run([interpreter(), "-m", "venv", *pip_comes_along, folder], check=True)
    packages = Path(sysconfig.get_path("purelib"))
    found_last = folder / packages.relative_to(sys.prefix) / "zz-found-last.pth"
    found_last.write_text(f"{packages}\n{ROOT}\n", encoding="utf-8")


def interpreter() -> str:
    """The Python outside of any environment: what `python3` is to somebody who reads the README."""
    return getattr(sys, "_base_executable", sys.executable)


def test_the_commands_run(copy: Path) -> None:
    """In their order, in one copy. `run` counts when it prints its address and ends well on SIGTERM.

    A demo without a size of its own is made with few firms: what is tested is the command, not the city.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WASTEHUB_", "VIRTUAL", "PYTHON"))
    }
    # "0" is how pip spells it: build with the hatchling that is here, fetch no other.
    environment = dict(kept, HOME=str(copy.parent), WASTEHUB_PORT="0", PIP_NO_BUILD_ISOLATION="0")
    python = interpreter()
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
