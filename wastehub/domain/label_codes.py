"""The short code of a container: ten digits that a person reads aloud and types when the camera fails.

Eight digits of a number that never repeats, two check digits after ISO/IEC 7064, MOD 97-10: any one
wrong digit and any two digits swapped, neighbours or not, are always noticed (97 is prime, and 10 has
the order 96 modulo 97). Digits only: they have no look-alikes among themselves, are read aloud the same
way everywhere, and are typed with gloves on a number pad. The numbers are drawn, not counted: nobody
reads from them how much a firm produces.
"""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from wastehub.domain.errors import InvalidInput
from wastehub.domain.labels import normalise

NUMBER_MIN, NUMBER_MAX = 10_000_000, 99_999_999
CODE_LENGTH = 10
_MODULUS = 97
# A code holds digits only, so a letter can only be a misread digit.
_LOOK_ALIKES = str.maketrans("OQDIL|〇", "0001110")


def human_code(number: int) -> str:
    """The ten digits of a container's short number."""
    if not NUMBER_MIN <= number <= NUMBER_MAX:
        raise ValueError(f"a short number has eight digits: {number}")
    return f"{number}{(1 - number * 100) % _MODULUS:02d}"


def grouped(code: str) -> str:
    """As it is printed and read aloud: 4827 1936 05."""
    return f"{code[:4]} {code[4:8]} {code[8:]}"


def is_human_code(text: str) -> bool:
    """Whether the text has the shape of a short code; its check digits are not judged."""
    return re.fullmatch(r"[0-9]{10}", digits(text)) is not None


def is_right(text: str) -> bool:
    """Whether the text is a short code whose check digits fit."""
    bare = digits(text)
    return re.fullmatch(r"[1-9][0-9]{9}", bare) is not None and int(bare) % _MODULUS == 1


def parse_human_code(text: str, field: str = "label_code") -> int:
    """The short number of a typed code: spaces, hyphens, full width and the letters O, I and L do not matter.

    Raises InvalidInput("label.typed_wrong", given=).
    """
    if not is_right(text):
        raise InvalidInput("label.typed_wrong", field=field, given=text.strip()[:20])
    return int(digits(text)[:8])


def draw_number(container_id: UUID, attempt: int = 0) -> int:
    """The short number of a container; `attempt` counts up while the number drawn is taken already.

    With a million containers one draw in ninety meets a taken number: numbers are looked up before
    they are used. Two people at one moment draw the same free number once in about ninety million.
    """
    drawn = hashlib.sha256(container_id.bytes + attempt.to_bytes(2, "big")).digest()
    return NUMBER_MIN + int.from_bytes(drawn[:8], "big") % (NUMBER_MAX - NUMBER_MIN + 1)


def digits(text: str) -> str:
    """What was typed without spaces and hyphens, misread letters turned into the digits they stand for."""
    bare = normalise(text[:40])
    return bare.translate(_LOOK_ALIKES) if re.fullmatch(r"[0-9OQDIL|〇]+", bare) else bare
