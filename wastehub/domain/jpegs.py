"""A JPEG that is nothing but a picture: no place, no device, no comment rides along in it."""

from __future__ import annotations

from wastehub.domain.errors import InvalidInput

_START = b"\xff\xd8"
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
# APP0 (JFIF) and APP14 (Adobe, the colour transform) describe the coding; the other fifteen carry words.
_DESCRIBES = (0xE0, 0xEE)


def require_bare(data: bytes) -> None:
    """Raises InvalidInput: photo.not_an_image (no JPEG), photo.not_bare (something rides along)."""
    if not data.startswith(_START):
        raise InvalidInput("photo.not_an_image", field="photo")
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise InvalidInput("photo.not_an_image", field="photo")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if (0xE0 <= marker <= 0xEF and marker not in _DESCRIBES) or marker == _COMMENT:
            raise InvalidInput("photo.not_bare", field="photo")
        if marker == _SCAN:
            _require_nothing_behind(data, at)
            return
        if length < 2:
            raise InvalidInput("photo.not_an_image", field="photo")
        at += 2 + length
    raise InvalidInput("photo.not_an_image", field="photo")


def _require_nothing_behind(data: bytes, at: int) -> None:
    """Behind the picture's end nothing may hide; nor between its scans."""
    end = data.find(bytes((0xFF, _END)), at)
    if end < 0 or end + 2 != len(data):
        raise InvalidInput("photo.not_bare", field="photo")
    for marker in (*range(0xE1, 0xF0), _COMMENT):
        if marker not in _DESCRIBES and data.find(bytes((0xFF, marker)), at, end) >= 0:
            raise InvalidInput("photo.not_bare", field="photo")
