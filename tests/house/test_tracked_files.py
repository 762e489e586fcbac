"""What must never be committed: where we build, other people's code, huge files."""

from __future__ import annotations

import re

from tests.house.tracked import ROOT, tracked_files

# In pieces, so that this file does not find itself.
HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "deb.deb" + "ian.org",
    "proxy.gol" + "ang.org",
)
FOREIGN = re.compile(
    "|".join(
        [
            *map(re.escape, HOSTS),
            # Absolute paths of the machine it was written on, and folders outside the repository.
            r"(?<![\w./:-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/",
            r"\.\./sha" + r"red\b",
        ]
    )
)
BIGGEST_BYTES = 6_000_000


def test_no_registry_host_and_no_path_of_one_machine() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if match := FOREIGN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match.group()}")
    assert found == []


def test_no_third_party_file_and_none_too_big() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if re.search(r"\.min\.(js|css)$|\.(woff2?|ttf|otf|wasm|whl)$", path.name)
        or path.stat().st_size > BIGGEST_BYTES
    ]
    assert found == []
