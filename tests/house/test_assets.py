"""What the build makes of the frontend sources and of the English texts."""

from __future__ import annotations

import importlib.util
import itertools
import json
from pathlib import Path
from types import ModuleType

import pytest

from wastehub import paths

ROOT = Path(__file__).resolve().parents[2]
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "wastehub/frontend/hatch_build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_fragment(root: Path, name: str, text: str, english: str) -> None:
    folder = root / "wastehub/translations/en"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f'{HEADER}msgid "{text}"\nmsgstr "{english}"\n', encoding="utf-8")


def test_fragments_become_one_catalogue(hook: ModuleType, tmp_path: Path) -> None:
    from babel.messages.mofile import read_mo

    write_fragment(tmp_path, "common.po", "重量", "Mass")
    write_fragment(tmp_path, "driver.po", "扫码", "Scan")
    with hook.merge_messages(tmp_path).open("rb") as file:
        catalogue = read_mo(file)
    assert {message.id: message.string for message in catalogue if message.id} == {
        "重量": "Mass",
        "扫码": "Scan",
    }


def test_fragments_that_disagree_stop_the_build_and_are_named(hook: ModuleType, tmp_path: Path) -> None:
    write_fragment(tmp_path, "common.po", "重量", "Mass")
    write_fragment(tmp_path, "driver.po", "重量", "Weight")
    with pytest.raises(SystemExit, match=r"driver\.po and common\.po translate '重量' differently"):
        hook.merge_messages(tmp_path)


def test_a_changed_source_is_noticed(hook: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "wastehub/frontend/src/app.js"
    source.parent.mkdir(parents=True)
    source.write_text("1")
    before = hook.sources_digest(tmp_path)
    (tmp_path / "wastehub/frontend/node_modules").mkdir()
    (tmp_path / "wastehub/frontend/node_modules/x.js").write_text("1")
    assert hook.sources_digest(tmp_path) == before
    source.write_text("2")
    assert hook.sources_digest(tmp_path) != before


def test_the_built_assets_are_those_of_the_sources(hook: ModuleType) -> None:
    assert (ROOT / hook.STAMP).read_text() == hook.sources_digest(ROOT), "run python3 -m wastehub setup"


def test_the_label_font_knows_chinese_and_admits_what_it_lacks() -> None:
    ranges = json.loads((paths.DIST / "label-font-coverage.json").read_text())
    assert all(first <= last for first, last in ranges)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(ranges))

    def printable(character: str) -> bool:
        return any(first <= ord(character) <= last for first, last in ranges)

    assert all(printable(character) for character in "危险废物 HW08 矿物油，kg")
    assert not printable("\U00020bb7")  # a rare character of names
