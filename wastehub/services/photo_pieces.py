"""Photos that arrive piece by piece over a bad line, put together under the hash that the phone signed.

What is whole goes to photos.store_bare: a byte changed would break the name that stands in the signed event.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput
from ..models.scans import Photo

PIECE_BYTES_MAX = 512 * 1024
UNFINISHED_DAYS = 14
UNFINISHED_MAX = 200  # pictures that one person may have begun
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a picture of `size` bytes, and where they belong."""

    sha256: str
    offset: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a picture is here; `complete`: it is kept already. `whole`: all of it, to be looked at."""

    sha256: str
    received_bytes: int
    complete: bool
    whole: bytes | None = None


def progress(session: Session, *, actor: Actor, sha256: str, folder: Path) -> Progress:
    """Where the phone should go on. Raises InvalidInput("photo.name_malformed")."""
    actor.require("photo.store")
    part = _part(folder, actor, _named(sha256))
    if session.get(Photo, sha256) is not None:
        return Progress(sha256, 0, True)
    return Progress(sha256, part.stat().st_size if part.is_file() else 0, False)


def add_piece(session: Session, *, actor: Actor, piece: Piece, most_bytes: int, folder: Path) -> Progress:
    """Put a piece where it belongs; with the last one the whole comes back, and nothing is left behind.

    A piece that is here already changes nothing. Raises InvalidInput: photo.name_malformed, photo.empty,
    photo.too_large, photo.piece_too_large(largest_kb), photo.hash_differs; Conflict:
    photo.piece_missing(received_bytes), photo.too_many_unfinished.
    """
    actor.require("photo.store")
    _require_sizes(piece, most_bytes)
    if session.get(Photo, piece.sha256) is not None:
        return Progress(piece.sha256, piece.size, True)
    part = _part(folder, actor, piece.sha256)
    received = _append(part, piece)
    if received < piece.size:
        return Progress(piece.sha256, received, False)
    whole = part.read_bytes()[: piece.size]
    part.unlink(missing_ok=True)
    if hashlib.sha256(whole).hexdigest() != piece.sha256:
        raise InvalidInput("photo.hash_differs", field="photo")
    return Progress(piece.sha256, piece.size, True, whole)


def _named(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise InvalidInput("photo.name_malformed", field="sha256")
    return sha256


def _require_sizes(piece: Piece, most_bytes: int) -> None:
    _named(piece.sha256)
    if not piece.data or piece.size < 1:
        raise InvalidInput("photo.empty", field="photo")
    if piece.size > most_bytes:
        raise InvalidInput("photo.too_large", field="photo", largest_mb=most_bytes // 1024 // 1024)
    if len(piece.data) > PIECE_BYTES_MAX or not 0 <= piece.offset <= piece.size - len(piece.data):
        raise InvalidInput("photo.piece_too_large", field="photo", largest_kb=PIECE_BYTES_MAX // 1024)


def _part(folder: Path, actor: Actor, sha256: str) -> Path:
    return folder / "unfinished" / str(actor.user_id) / f"{sha256}.part"


def _append(part: Path, piece: Piece) -> int:
    """How many bytes are here afterwards."""
    if not part.is_file():
        part.parent.mkdir(parents=True, exist_ok=True)
        _sweep(part.parent)
    with part.open("ab") as file:
        here = file.tell()
        if piece.offset > here:
            raise Conflict("photo.piece_missing", field="photo", received_bytes=here)
        file.write(piece.data[here - piece.offset :])
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _sweep(folder: Path) -> None:
    """Pictures that were begun long ago will not be finished; and nobody begins too many."""
    begun = list(folder.glob("*.part"))
    for old in begun:
        if old.stat().st_mtime < time.time() - UNFINISHED_DAYS * 86_400:
            old.unlink(missing_ok=True)
    if len(begun) >= UNFINISHED_MAX:
        raise Conflict("photo.too_many_unfinished", field="photo", most=UNFINISHED_MAX)
