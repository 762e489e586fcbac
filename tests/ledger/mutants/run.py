"""Kill the mutants: python -m tests.ledger.mutants.run [--part kernel|verifier] [--sample N] [--seed S]
[--minutes M]

Each mutant runs the tests that call its function, in a process of its own, until one fails. What survives
must stand in equivalent.json with the reason why no test could tell it from the original. Results are kept
in var/mutants.jsonl by the text of the function, so that a run that is interrupted, or repeated, only does
what is new; --again judges those that were alive once more, after tests were added. Writes docs/ledger-
mutants.md.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.ledger.mutants.making import Mutant, mutants

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / "var" / "mutants.jsonl"
EQUIVALENT = Path(__file__).with_name("equivalent.json")
PAGE = ROOT / "docs" / "ledger-mutants.md"
LEDGER = ROOT / "wastehub" / "ledger"
ALIVE = ("survived", "uncalled")


@dataclass(frozen=True)
class Part:
    """Files to mutate and the tests that must notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    patience_s: int


PARTS = {
    "kernel": Part(
        ("mass.py", "workings.py", "pouring.py"),
        (
            "tests/ledger/test_mass.py",
            "tests/ledger/test_pouring.py",
            "tests/ledger/test_waiting.py",
            "tests/ledger/test_kernel_guards.py",
            "tests/ledger/test_fault_golden.py",
            "tests/ledger/test_invariants.py",
            "tests/ledger/test_wh_verify.py::test_they_agree_about_odd_facts",
            "tests/ledger/test_wh_verify.py::test_two_implementations_of_the_books_agree",
        ),
        180,
    ),
    "verifier": Part(
        ("wh_verify.py",), ("tests/ledger/test_wh_verify.py", "tests/ledger/test_fault_golden.py"), 240
    ),
}


def all_mutants(part: Part) -> list[Mutant]:
    return [mutant for name in part.files for mutant in mutants(LEDGER / name, ROOT)]


# --- one mutant --------------------------------------------------------------------------------------------


class Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Gives the mutated text to whoever imports the file; nothing on the disk changes."""

    def __init__(self, file: str, source: str) -> None:
        self._module = file.removesuffix(".py").replace("/", ".")
        self._file, self._source = str(ROOT / file), source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._module:
            return None
        spec = importlib.util.spec_from_loader(name, self, origin=self._file)
        assert spec is not None
        spec.has_location = True
        return spec

    def get_source(self, fullname: str) -> str:
        return self._source

    def get_filename(self, fullname: str) -> str:
        return self._file


def preload() -> None:
    """What every mutant needs and none changes, so that a fork begins in no time."""
    for name in ("hypothesis", "sqlalchemy.orm", "orjson", "cryptography.hazmat.primitives", "wastehub.db"):
        importlib.import_module(name)
    assert "wastehub.ledger" not in sys.modules, "then no mutant would be imported"


class Tracer:
    """A pytest plugin: which functions of the part each test calls, and how long it takes."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = {str(LEDGER / name): name for name in files}
        self._now: set[tuple[str, int]] = set()
        self.tests: dict[str, tuple[float, set[tuple[str, int]]]] = {}

    def _called(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename in self._files:
            self._now.add((self._files[frame.f_code.co_filename], frame.f_code.co_firstlineno))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._now, begun = set(), time.perf_counter()
        sys.setprofile(self._called)
        threading.setprofile(self._called)
        yield
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
        self.tests[item.nodeid] = (time.perf_counter() - begun, self._now)


def traced(part: Part) -> dict[str, list[str]]:
    """ "file:first line of a function" -> the tests that call it, the quickest first. Raises SystemExit when
    one of them fails without any mutant.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        tracer = Tracer(part.files)
        code = _pytest(part.tests, [tracer])
        calls: dict[str, list[tuple[float, str]]] = {}
        for test, (took_s, called) in tracer.tests.items():
            for file, line in called:
                calls.setdefault(f"{file}:{line}", []).append((took_s, test))
        ordered = {key: [test for _, test in sorted(tests)] for key, tests in calls.items()}
        with os.fdopen(writing, "w") as out:
            json.dump([code, ordered], out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as heard:
        code, found = json.load(heard)
    os.waitpid(child, 0)
    if code:
        raise SystemExit(f"the tests fail without any mutant: {' '.join(part.tests)}")
    made: dict[str, list[str]] = found
    return made


def outcome(part: Part, mutant: Mutant, tests: Sequence[str]) -> str:
    """killed, timeout, survived, or uncalled when no test ever gets there."""
    if not tests:
        return "uncalled"
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 70
        try:
            source = mutant.applied((ROOT / mutant.file).read_text(encoding="utf-8"))
            sys.meta_path.insert(0, Finder(mutant.file, source))
            code = _pytest(tests, [])
        finally:
            os._exit(code)
    ends = time.monotonic() + part.patience_s
    while time.monotonic() < ends:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return "survived" if status == 0 else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _pytest(tests: Sequence[str], plugins: Sequence[object]) -> int:
    """In a child: it says nothing and writes no bytecode."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.dont_write_bytecode = True
    os.chdir(ROOT)
    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is preloaded
    options = [*quiet, "-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    return int(pytest.main([*options, *tests], plugins=list(plugins)))


# --- all of them -------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What is known of the mutants of a part. `open`: survivors without a reason."""

    all: int
    judged: int = 0
    killed: int = 0
    timeout: int = 0
    equivalent: list[tuple[Mutant, str]] = field(default_factory=list)
    open: list[Mutant] = field(default_factory=list)


def kept() -> dict[str, str]:
    """Name of a mutant -> its outcome."""
    if not KEPT.is_file():
        return {}
    rows = map(json.loads, KEPT.read_text(encoding="utf-8").splitlines())
    return {row["name"]: row["outcome"] for row in rows}


def chosen(made: Sequence[Mutant], sample: int | None, seed: int) -> list[Mutant]:
    if sample is None or sample >= len(made):
        return list(made)
    return sorted(random.Random(seed).sample(made, sample), key=lambda each: (each.file, each.line))


def run(part: Part, wanted: Iterable[Mutant], minutes: float, *, again: bool = False) -> None:
    """Judge the mutants that are not judged yet, until the time is over."""
    ends, known, callers = time.monotonic() + 60 * minutes, kept(), traced(part)
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    for mutant in wanted:
        if mutant.name in known and not (again and known[mutant.name] in ALIVE):
            continue
        if time.monotonic() > ends:
            return
        found = outcome(part, mutant, callers.get(f"{Path(mutant.file).name}:{mutant.first}", []))
        if found in ALIVE:
            print(f"{found}: {mutant.name} {mutant.file}:{mutant.line} {mutant.what}", flush=True)
        with KEPT.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": mutant.name, "outcome": found}) + "\n")


def tallied(part: Part) -> Tally:
    made, known = all_mutants(part), kept()
    reasons: dict[str, str] = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    tally = Tally(len(made))
    for mutant in made:
        found = known.get(mutant.name)
        if found is None:
            continue
        tally.judged += 1
        if found in ALIVE and mutant.name in reasons:
            tally.equivalent.append((mutant, reasons[mutant.name]))
        elif found in ALIVE:
            tally.open.append(mutant)
        else:
            tally.killed += found == "killed"
            tally.timeout += found == "timeout"
    return tally


HEAD = """\
# Mutants of the mass kernel and of the verifier

Written by `python3 -m tests.ledger.mutants.run` (part of `test --long`); do not edit. A mutant is the file
with one small fault: another comparison, another operator, a condition or part of one left out, a constant
changed, a statement dropped, a result forgotten. Each runs the tests that call its function until one fails.
What survives must be equivalent, i.e. no input can tell it from the original, and says here why.
"""


def write_page(tallies: dict[str, Tally]) -> None:
    lines = [
        HEAD,
        "| part | mutants | run | killed | ran for ever | equivalent | alive |",
        "| --- |" + " --- |" * 6,
    ]
    for name, tally in tallies.items():
        counts = (
            tally.all,
            tally.judged,
            tally.killed,
            tally.timeout,
            len(tally.equivalent),
            len(tally.open),
        )
        lines.append(f"| {name} | " + " | ".join(f"{count:,}" for count in counts) + " |")
    for name, tally in tallies.items():
        if tally.judged < tally.all:
            lines += ["", f"Of the {name} a sample was run: {tally.judged:,} of {tally.all:,}."]
    for title, rows in (("Equivalent", _equivalent(tallies)), ("Alive", _alive(tallies))):
        lines += ["", f"## {title}", ""]
        lines += ["| where | change | why |", "| --- | --- | --- |", *rows] if rows else ["None."]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _equivalent(tallies: dict[str, Tally]) -> list[str]:
    return [_line(mutant, why) for tally in tallies.values() for mutant, why in tally.equivalent]


def _alive(tallies: dict[str, Tally]) -> list[str]:
    return [_line(mutant, "no test notices") for tally in tallies.values() for mutant in tally.open]


def _line(mutant: Mutant, why: str) -> str:
    what = mutant.what.replace("|", "\\|")
    return f"| `{mutant.name}` {mutant.file.rpartition('/')[2]} {mutant.function} | `{what}` | {why} |"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", action="append", choices=list(PARTS))
    parser.add_argument("--sample", type=int, help="so many of each part, chosen by the seed; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10_000)
    parser.add_argument("--again", action="store_true", help="judge those alive once more")
    parser.add_argument("--function", help="only functions whose name begins so")
    options = parser.parse_args(arguments)
    preload()
    for name in options.part or PARTS:
        part = PARTS[name]
        made = [each for each in all_mutants(part) if each.function.startswith(options.function or "")]
        run(part, chosen(made, options.sample, options.seed), options.minutes, again=options.again)
    tallies = {name: tallied(part) for name, part in PARTS.items()}
    write_page(tallies)
    for name, tally in tallies.items():
        print(f"{name}: {tally.judged} of {tally.all} run, {len(tally.open)} alive")
    return 1 if any(tally.open for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
