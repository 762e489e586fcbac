"""`python3 -m wastehub ...` on a machine that has nothing but Python."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.house.tracked import ROOT, tracked_files
from wastehub import __main__ as bootstrap

BEFORE_SETUP = [ROOT / "wastehub" / "__init__.py", ROOT / "wastehub" / "__main__.py"]


@pytest.mark.parametrize("path", BEFORE_SETUP, ids=lambda path: path.name)
def test_what_runs_before_set_up_needs_the_standard_library_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom) and node.module != "wastehub":
            assert node.level == 0
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names


def test_a_changed_requirement_or_text_asks_for_a_new_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "wastehub" / "frontend" / "src"
    messages = tmp_path / "wastehub" / "translations" / "en"
    for folder in (sources, messages):
        folder.mkdir(parents=True)
    watched = [
        tmp_path / "pyproject.toml",
        tmp_path / "constraints.txt",
        sources / "app.js",
        messages / "a.po",
    ]
    for path in watched:
        path.write_text("1")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    seen = {bootstrap.fingerprint()}
    for path in watched:
        path.write_text("2")
        seen.add(bootstrap.fingerprint())
    assert len(seen) == 1 + len(watched)
    (tmp_path / "wastehub" / "frontend" / "node_modules").mkdir()
    assert bootstrap.fingerprint() in seen


def test_a_second_set_up_waits_for_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "LOCK", tmp_path / "lock")
    told = threading.Event()
    monkeypatch.setattr(bootstrap, "say", lambda text: told.set())
    order = []

    def second() -> None:
        with bootstrap.one_at_a_time():
            order.append("second")

    with bootstrap.one_at_a_time():
        thread = threading.Thread(target=second)
        thread.start()
        assert told.wait(60)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]


def test_too_old_a_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(bootstrap, "say", said.append)
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 90))
    monkeypatch.setattr(bootstrap, "NEWEST", (3, 91))
    with pytest.raises(SystemExit):
        bootstrap.find_interpreter()
    assert "WasteHub needs Python 3.90 to 3.91" in said[0]


def test_a_debian_without_venv_is_helped_or_told_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fresh Debian: `import ensurepip` fails until pythonX.Y-venv is installed."""
    said: list[str] = []
    asked: list[str] = []

    def cannot_install(*packages: str) -> bool:
        asked.extend(packages)
        return False

    bare = tmp_path / "python3"
    bare.write_text('#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; *) echo 3.13;; esac\n')
    bare.chmod(0o755)
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "none")
    monkeypatch.setattr(bootstrap, "find_interpreter", lambda: str(bare))
    monkeypatch.setattr(bootstrap, "say", said.append)
    monkeypatch.setattr(bootstrap, "apt_install", cannot_install)
    with pytest.raises(SystemExit):
        bootstrap.make_environment()
    assert asked == ["python3.13-venv"]
    assert said == ["Python 3.13 here lacks its venv module. Please run: apt-get install python3.13-venv"]


def test_debian_packages_are_not_asked_for_where_there_is_no_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.apt_install("chromium") is False


@pytest.mark.long
def test_a_bare_copy_with_an_empty_home_sets_itself_up(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in tracked_files():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WASTEHUB_", "VIRTUAL", "PYTHON"))
    }
    environment = dict(kept, HOME=str(tmp_path))
    python = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([python, "-m", "wastehub", "setup"], cwd=copy, env=environment, check=True)
    asked = subprocess.run(
        [copy / ".venv/bin/wastehub", "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert asked.returncode == 0, asked.stderr
    assert "demo" in asked.stdout
