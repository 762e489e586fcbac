"""The region pack: all that is local lies in seed/regions/<name>/, another city is another folder."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .paths import data_dir


@dataclass(frozen=True)
class Region:
    """A city as the software sees it. `settings` is the whole of its region.toml."""

    name: str
    folder: Path
    settings: dict[str, Any]

    @property
    def titles(self) -> dict[str, str]:
        """The city's name by language: {"zh": "嘉兴", "en": "Jiaxing"}."""
        region = self.settings["region"]
        return {"zh": region["name_zh"], "en": region["name_en"]}

    def geojson(self, name: str) -> dict[str, Any]:
        """A layer of the region: "counties", "roads", "town_cells"."""
        layer: dict[str, Any] = _read_json(self.folder / f"{name}.geojson")
        return layer


@cache
def load(name: str) -> Region:
    """The region pack of that name. Raises FileNotFoundError naming the folder that is missing."""
    folder = data_dir("seed") / "regions" / name
    path = folder / "region.toml"
    if not path.is_file():
        raise FileNotFoundError(f"there is no region pack at seed/regions/{name} (region.toml is missing)")
    return Region(name=name, folder=folder, settings=tomllib.loads(path.read_text(encoding="utf-8")))


@cache
def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
