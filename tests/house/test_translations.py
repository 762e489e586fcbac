"""Every text has its English, with the same placeholders; no Chinese stands in a template untranslated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]
FRAGMENTS = ROOT / "wastehub" / "translations" / "en"
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext.babel_extract")]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")
CHINESE = re.compile(r"[\u3400-\u9fff]")
# Statutory forms are printed in Chinese whatever the reader's language; they say so on their first line.
ALWAYS_CHINESE = "{# always Chinese"


def texts() -> dict[str, str]:
    """Every msgid in code and templates -> where it stands first."""
    found: dict[str, str] = {}
    for folder in ("wastehub", "templates"):
        for name, line, message, _comments, _context in extract_from_dir(
            ROOT / folder, METHODS, OPTIONS, keywords=KEYWORDS,
            directory_filter=lambda path: Path(path).name not in {"node_modules", "dist", "frontend"},
        ):  # fmt: skip
            for text in message if isinstance(message, tuple) else (message,):
                if text:
                    found.setdefault(text, f"{folder}/{name}:{line}")
    return found


def fragments() -> list[tuple[Path, Catalog]]:
    read = []
    for path in sorted(FRAGMENTS.glob("*.po")):
        with path.open("rb") as file:
            read.append((path, read_po(file, locale="en", abort_invalid=True)))
    return read


def translations() -> Iterator[tuple[Path, str, str]]:
    for path, catalogue in fragments():
        for message in catalogue:
            # Plural forms are tuples.
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
            for text in filter(None, ids):
                for string in strings:
                    yield path, text, "" if message.fuzzy else string


def test_every_text_has_an_english_text() -> None:
    known = {text for _path, text, english in translations() if english}
    missing = [f"{where}: {text}" for text, where in texts().items() if text not in known]
    assert missing == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    wrong = [
        f"{path.name}: {text!r} -> {english!r}"
        for path, text, english in translations()
        if english and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(english))
    ]
    assert wrong == []


def test_two_fragments_never_disagree() -> None:
    first: dict[str, tuple[str, str]] = {}
    wrong = []
    for path, text, english in translations():
        earlier = first.setdefault(text, (path.name, english))
        # Plural forms of one fragment are no disagreement.
        if earlier[1] != english and earlier[0] != path.name:
            wrong.append(f"{text!r}: {earlier[0]} says {earlier[1]!r}, {path.name} says {english!r}")
    assert wrong == []


def untranslated(source: str) -> list[int]:
    """Lines of a template where Chinese stands outside of _() and {% trans %}."""
    lines = []
    inside_trans = False
    environment = Environment(extensions=["jinja2.ext.i18n"])
    for line, kind, value in environment.lex(source):
        if kind == "name" and value in ("trans", "endtrans"):
            inside_trans = value == "trans"
        elif kind == "data" and not inside_trans:
            # A page's own <!-- remarks --> are nobody's text.
            shown = re.sub(r"<!--.*?-->", "", value, flags=re.DOTALL)
            # The language switch names each language in that language.
            if CHINESE.search(shown.replace("中文", "")):
                lines.append(line)
    return lines


def test_no_chinese_stands_in_a_template_untranslated() -> None:
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        if not source.startswith(ALWAYS_CHINESE):
            found += [f"{path.relative_to(ROOT)}:{line}" for line in untranslated(source)]
    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<p>{{ _('重量') }}</p>", []),
        ("{% trans %}重量{% endtrans %}", []),
        ("{# 重量 #}<p>kg</p>", []),
        ("<p>\n重量</p>", [1]),
        ("<button>中文</button>", []),
        ("{% trans %}重量{% endtrans %}<p>重量</p>", [1]),
    ],
)
def test_the_search_for_untranslated_text_finds_what_it_should(source: str, lines: list[int]) -> None:
    assert untranslated(source) == lines
