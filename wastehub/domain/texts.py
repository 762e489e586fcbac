"""Texts that people type: tidied, bounded, and free of what no form or label can show."""

from __future__ import annotations

import unicodedata

from wastehub.domain.errors import InvalidInput


def clean(text: str, *, field: str, longest: int, required: bool = False) -> str:
    """The text in composed form, without blanks at its ends and with single blanks inside.

    Raises InvalidInput: text.missing, text.too_long(longest, length), text.control_character.
    """
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    if required and not tidy:
        raise InvalidInput("text.missing", field=field)
    if len(tidy) > longest:
        raise InvalidInput("text.too_long", field=field, longest=longest, length=len(tidy))
    # Cc control, Cf invisible formatting (bidi overrides), Co private use, Cs surrogate.
    if any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs") for character in tidy):
        raise InvalidInput("text.control_character", field=field)
    return tidy
