"""Where the files lie that are not Python: beside the code in a checkout, inside the package in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
DIST = PACKAGE / "static" / "dist"


def data_dir(name: str) -> Path:
    """The folder `name` ("templates", "migrations" or "seed").

    Raises FileNotFoundError when neither the wheel nor a checkout holds it.
    """
    # A wheel packs the top-level folders; an editable install leaves them where they are.
    for folder in (PACKAGE / "_data" / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"WasteHub's folder {name!r} is missing: the installation is damaged")


def checkout() -> Path | None:
    """The root of the source checkout this code runs from, or None for an installed package."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "wastehub" / "frontend").is_dir() else None
