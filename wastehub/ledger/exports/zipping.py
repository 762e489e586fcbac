"""A zip file of stored members, written front to back: the same members give the same bytes.

Nothing is compressed, so that a verifier reads it in bounded memory and nothing can unfold. The directory at
the end waits in a temporary file: memory does not grow with the number of members.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable
from types import TracebackType
from typing import IO

# 1980-01-01 00:00, the beginning of time in a zip file.
_DOS_TIME, _DOS_DATE = 0, 0x0021
_VERSION, _ZIP64_VERSION = 20, 45
_REGULAR_FILE = 0o100644 << 16
_MAX_32, _MAX_16 = 0xFFFF_FFFF, 0xFFFF
_SPOOLED_BYTES = 1 << 20
_COPY_BYTES = 1 << 18


class StoredZip:
    """Writes to any file that takes bytes; it need not be able to seek."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._at = 0
        self._count = 0
        self._directory = tempfile.SpooledTemporaryFile(_SPOOLED_BYTES)  # noqa: SIM115

    def __enter__(self) -> StoredZip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        self._directory.close()

    def add(self, name: str, data: bytes) -> None:
        """One member. Its name is ASCII."""
        self._begin(name, len(data), zlib.crc32(data))
        self._write(data)

    def add_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        """One member of unknown size, kept in a temporary file until its size is known."""
        with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as spool:
            crc = size = 0
            for chunk in chunks:
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
                spool.write(chunk)
            spool.seek(0)
            self._begin(name, size, crc)
            shutil.copyfileobj(spool, self._out, _COPY_BYTES)
            self._at += size

    def _begin(self, name: str, size: int, crc: int) -> None:
        if size >= _MAX_32:
            raise ValueError(f"{name}: {size} bytes do not fit a stored member")
        raw = name.encode("ascii")
        common = struct.pack("<HHHHHLLLH", _VERSION, 0, 0, _DOS_TIME, _DOS_DATE, crc, size, size, len(raw))
        self._note(common, raw, self._at)
        self._write(b"PK\x03\x04" + common + b"\0\0" + raw)

    def _note(self, common: bytes, name: bytes, offset: int) -> None:
        extra = struct.pack("<HHQ", 1, 8, offset) if offset >= _MAX_32 else b""
        made_by = struct.pack("<H", 3 << 8 | _VERSION)
        tail = struct.pack("<HHHHLL", len(extra), 0, 0, 0, _REGULAR_FILE, min(offset, _MAX_32))
        self._directory.write(b"PK\x01\x02" + made_by + common + tail + name + extra)
        self._count += 1

    def _finish(self) -> None:
        start, count = self._at, self._count
        size = self._directory.tell()
        self._directory.seek(0)
        shutil.copyfileobj(self._directory, self._out, _COPY_BYTES)
        self._at += size
        if count >= _MAX_16 or start >= _MAX_32 or size >= _MAX_32:
            record = struct.pack(
                "<QHHLLQQQQ", 44, 3 << 8 | _ZIP64_VERSION, _ZIP64_VERSION, 0, 0, count, count, size, start
            )
            locator = struct.pack("<LQL", 0, self._at, 1)
            self._write(b"PK\x06\x06" + record + b"PK\x06\x07" + locator)
        short = (min(count, _MAX_16), min(count, _MAX_16), min(size, _MAX_32), min(start, _MAX_32))
        self._write(b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, *short, 0))

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)
