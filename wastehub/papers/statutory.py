"""One function for every form in which statutory tables leave the house."""

from __future__ import annotations

from typing import IO

from wastehub.domain.statutory.sheets import Document
from wastehub.papers import forms, ledger_book, workbooks
from wastehub.papers.forms import Watch


def write(document: Document, form: str, file: IO[bytes], watch: Watch | None = None) -> None:
    """Write a document as xlsx, csv (zip) or pdf. KeyError for another form."""
    pdf = ledger_book.write if document.cover else forms.write
    writers = {"xlsx": workbooks.write_xlsx, "csv": workbooks.write_csv, "pdf": pdf}
    writers[form](document, file, watch)
