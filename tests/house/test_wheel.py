"""The wheel carries everything that a running WasteHub reads, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", ["templates", "migrations", "seed"])
def test_it_carries_the_data_folders(names: set[str], folder: str) -> None:
    ours = {path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {f"wastehub/_data/{path.relative_to(ROOT).as_posix()}" for path in ours} <= names


def test_it_carries_the_built_assets(wheel: Path, names: set[str]) -> None:
    dist = "wastehub/static/dist/"
    with zipfile.ZipFile(wheel) as archive:
        manifest = json.loads(archive.read(dist + "manifest.json"))
    assert {"app.js", "app.css", "scan.js"} <= set(manifest)
    assert {dist + file for file in manifest.values()} <= names
    assert {dist + "label-font-coverage.json", dist + "THIRD-PARTY-LICENSES.txt"} <= names
    assert {dist + "label-font.ttf", dist + "label-font-license.txt"} <= names
    assert "wastehub/ledger/wh_verify.py" in names
    assert any(name.startswith(dist) and name.endswith(".wasm") for name in names)


def test_it_carries_the_english_texts_and_the_licence(names: set[str]) -> None:
    assert "wastehub/translations/en/LC_MESSAGES/messages.mo" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)


def test_it_leaves_sources_of_the_assets_and_tests_out(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"wastehub", "routing"}
    assert not [
        name for name in names if "/frontend/" in name or "node_modules" in name or "__pycache__" in name
    ]


@pytest.mark.long
def test_it_runs_in_an_empty_environment_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Installs into a fresh environment and drives the loop with 200 firms there."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    install: list[str | Path] = [
        programs / "python",
        "-m",
        "pip",
        "install",
        "-q",
        "-c",
        ROOT / "constraints.txt",
        wheel,
    ]
    subprocess.run(install, check=True)
    away = tmp_path / "elsewhere"
    away.mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WASTEHUB_")}
    command: list[str | Path] = [
        programs / "wastehub",
        "demo",
        "--firms",
        "200",
        "--report",
        away / "report.json",
    ]
    subprocess.run(command, cwd=away, env=dict(environment, HOME=str(away)), check=True)
    report = json.loads((away / "report.json").read_text())
    assert report["unexplained_g"] == 0
    assert report["ledger_verified"] is True
