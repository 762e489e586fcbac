"""Pages written to the file as they are finished: a file of any length takes the memory of one page.

reportlab keeps every page until the file is saved. Here a page and its compressed content go out at once and
leave two numbers behind; fonts, drawings that pages share, catalog and table of contents follow at the end.
Nothing can refer to a page afterwards: no bookmarks, no links between pages.
"""

from __future__ import annotations

import zlib
from array import array
from typing import IO, Any

from reportlab.pdfbase import pdfdoc

HEADER = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"


def attach(canvas: Any, file: IO[bytes]) -> None:
    """Make an empty canvas write to `file` as it goes; canvas.save() finishes it."""
    written = _Written(canvas._doc, file)
    canvas._doc.addPage = written.add_page
    canvas._doc.SaveToFile = lambda _file, saved: written.finish(saved)


class _Written:
    def __init__(self, document: Any, file: IO[bytes]) -> None:
        self.document = document
        self.file = file
        self.at = 0
        self.offsets = array("Q", [0])  # by object number; 0: not written yet
        self.pages = array("Q")  # object numbers
        self._write(HEADER)

    def add_page(self, page: Any) -> None:
        packed = zlib.compress(page.stream.encode("latin-1"))
        content = self._number()
        head = b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
        self._object(content, head + packed + b"\nendstream")
        page.Contents, page.stream = f"{content} 0 R", ""
        number = self._number()
        self._object(number, page.format(self.document))
        self.pages.append(number)
        self.document.pageCounter += 1
        self.document.inObject = None

    def finish(self, canvas: Any) -> None:
        """All that is not a page, the table of objects, and the trailer."""
        document = self.document
        for font in document.delayedFonts:
            font.addObjects(document)
        document.info.invariant = document.invariant
        document.info.digest(document.signature)
        root, info = document.Reference(document.Catalog), document.Reference(document.info)
        document.Outlines.prepare(document, canvas)
        if document.Outlines.ready < 0:
            document.Catalog.Outlines = None
        document.Pages.pages = [f"{number} 0 R" for number in self.pages]
        number = 0
        while number < document.objectcounter:  # formatting one object may bring others
            number += 1
            if number >= len(self.offsets) or not self.offsets[number]:
                shown = document.idToObject[document.numberToId[number]]
                self._object(number, pdfdoc.format(shown, document, toplevel=1))
        self._trailer(root.format(document), info.format(document))

    def _trailer(self, root: bytes, info: bytes) -> None:
        table = self.at
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % len(self.offsets))
        for offset in self.offsets[1:]:
            self._write(b"%010d 00000 n \n" % offset)
        parts = (len(self.offsets), root, info, self.document.ID(), table)
        self._write(
            b"trailer\n<< /Size %d /Root %b /Info %b /ID %b >>\nstartxref\n%d\n%%%%EOF\n" % parts,
        )

    def _number(self) -> int:
        self.document.objectcounter += 1
        return int(self.document.objectcounter)

    def _object(self, number: int, content: bytes) -> None:
        missing = number + 1 - len(self.offsets)
        if missing > 0:
            self.offsets.extend([0] * missing)
        self.offsets[number] = self.at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, content.rstrip(b"\n")))

    def _write(self, content: bytes) -> None:
        self.file.write(content)
        self.at += len(content)
