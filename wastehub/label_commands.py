"""`wastehub labels`: labels as a PDF file from the shell. `wastehub label-keys`: the keys that seal them."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from . import clock, migrate
from .config import Settings
from .db import Database
from .domain import calendar, label_templates
from .domain.actors import Actor
from .domain.errors import NotFound, RuleViolation
from .domain.label_templates import LabelTemplate
from .ledger import signing
from .models import batches
from .papers import labels as papers
from .services import label_keys
from .services import label_templates as templates
from .services import labels as printing
from .services.label_keys import Sealer
from .services.labels import LabelFields
from .web import label_papers, label_sealing
from .web.explanations import explain

SYSTEM = Actor(author="service", role="admin")
FORMATS = ("single", "a4")


class CannotBeDone(Exception):
    """The command cannot be carried out as given: exit code 2."""


def say(text: str) -> None:
    print(text, flush=True)


def add_to(commands: Any) -> None:
    text = "write labels as a PDF file: of a batch (they count as printed), or specimens"
    labels_it = commands.add_parser("labels", help=text, description=text)
    labels_it.set_defaults(command=write_labels)
    _database_option(labels_it)
    what = labels_it.add_mutually_exclusive_group(required=True)
    what.add_argument("--batch", metavar="NO", help="batch number, such as HWCS20260315001")
    what.add_argument(
        "--demo", type=int, metavar="N", help="N specimens of invented firms; needs no database"
    )
    labels_it.add_argument(
        "--unit", metavar="CODE", help="the unit's code, when several units have that number"
    )
    labels_it.add_argument("--reason", default="", help="why labels are printed again (damaged, lost, ...)")
    labels_it.add_argument("--format", choices=FORMATS, default="single", help="a page each, or A4 sheets")
    labels_it.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    _add_keys(commands)


def _add_keys(commands: Any) -> None:
    text = "list, retire or revoke the keys that seal labels"
    keys_it = commands.add_parser("label-keys", help=text, description=text)
    parts = keys_it.add_subparsers(required=True, metavar="PART")

    def part(name: str, function: Callable[..., int], text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = parts.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        _database_option(added)
        return added

    part("list", list_keys, "list the keys with their validity")
    for name, text in (
        ("retire", "the key seals no more labels; those sealed with it stay genuine"),
        ("revoke", "the key proves nothing any more: print its labels anew"),
    ):
        ending = part(name, end_key, text)
        ending.set_defaults(revoke=name == "revoke")
        ending.add_argument("number", type=int)
        ending.add_argument("--reason", required=True)


def _database_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", metavar="URL", help="default: WASTEHUB_DATABASE_URL or var/wastehub.db")


def _open(settings: Settings) -> Database:
    database = Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))
    migrate.require_current(database.engine)
    return database


# --- labels ------------------------------------------------------------------------------------------------


def write_labels(arguments: argparse.Namespace, settings: Settings) -> int:
    """The file is written whole or not at all; labels of a batch count as printed only with it."""
    try:
        if arguments.demo is not None:
            count, pages = _write_specimens(arguments, settings)
        else:
            count, pages = _write_batch(arguments, settings)
    except RuleViolation as violation:
        raise CannotBeDone(explain(violation).message) from violation
    except OSError as error:
        raise CannotBeDone(f"{arguments.out} cannot be written: {error.strerror}") from error
    say(f"{arguments.out}: {count} labels on {pages} pages")
    return 0


def _write_specimens(arguments: argparse.Namespace, settings: Settings) -> tuple[int, int]:
    from .seeding import label_samples

    if not 1 <= arguments.demo <= 100_000:
        raise CannotBeDone("--demo takes 1 to 100000")
    fields = label_samples.samples(arguments.demo)
    return _write(
        arguments, fields, label_templates.DEFAULT, label_samples.specimen_sealer(), settings.base_url
    )


def _write_batch(arguments: argparse.Namespace, settings: Settings) -> tuple[int, int]:
    now, sealer = clock.now_utc(), label_sealing.open_sealer(settings)
    with _open(settings).transaction() as session:
        batch = _batch(session, arguments.batch, arguments.unit)
        firm = Actor(author=SYSTEM.author, role="enterprise", organisation_id=batch.enterprise_id)
        ids = [row.id for row in batch.containers if row.state != "void"]
        label_keys.announce(session, sealer=sealer, now=now)
        printing.print_labels(session, jobs=[(firm, ids)], now=now, reason=arguments.reason)
        fields = printing.label_sheet(session, actor=firm, container_ids=ids)
        template = templates.in_force(session, on=calendar.on_date(now))
        return _write(arguments, fields, template, sealer, settings.base_url)


def _batch(session: Session, number: str, unit: str | None) -> batches.Batch:
    found = [
        row
        for row in batches.batches_of_number(session, number.strip().upper())
        if not unit or unit.strip().upper() in (row.enterprise.credit_code, row.enterprise.code)
    ]
    if not found:
        raise NotFound("object.not_found")
    if len(found) > 1:
        units = ", ".join(row.enterprise.credit_code or row.enterprise.code for row in found[:5])
        raise CannotBeDone(f"{len(found)} units have a batch {number}: say which with --unit ({units} ...)")
    return found[0]


def _write(
    arguments: argparse.Namespace,
    fields: Iterable[LabelFields],
    template: LabelTemplate,
    sealer: Sealer,
    base_url: str,
) -> tuple[int, int]:
    """Labels and pages. The file grows beside its place and takes it when it is whole."""
    count = 0

    def counted() -> Iterator[LabelFields]:
        nonlocal count
        for each in fields:
            count += each.copies
            yield each

    sheets = label_papers.papers(counted(), template=template, sealer=sealer, base_url=base_url)
    handle, name = tempfile.mkstemp(dir=arguments.out.parent, prefix=".labels-")
    try:
        with os.fdopen(handle, "wb") as file:
            pages = papers.write(file, sheets, format=arguments.format)
        _as_any_new_file(name)
        os.replace(name, arguments.out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count, pages


def _as_any_new_file(name: str) -> None:
    """mkstemp makes files for their owner only; who else may read one is for the umask to say."""
    mask = os.umask(0)
    os.umask(mask)
    Path(name).chmod(0o666 & ~mask)


# --- keys --------------------------------------------------------------------------------------------------


def list_keys(arguments: argparse.Namespace, settings: Settings) -> int:
    sealer = label_sealing.open_sealer(settings)
    with _open(settings).reading() as session:
        rows = label_keys.published(session)
    for row in rows:
        state = "revoked" if row.revoked_at else "retired" if row.retired_at else ""
        state = "in use" if row.number == sealer.number and not state else state
        ended = row.revoked_at or row.retired_at
        until = f" until {ended:%Y-%m-%d %H:%M} UTC ({row.reason})" if ended else ""
        say(f"{row.number:05d}  {row.public_key}  from {row.added_at:%Y-%m-%d %H:%M} UTC{until}  {state}")
    if sealer.number not in {row.number for row in rows}:
        say(f"{sealer.number:05d}  {sealer.public_key.hex()}  seals the next label; not announced yet")
    return 0


def end_key(arguments: argparse.Namespace, settings: Settings) -> int:
    sealer = label_sealing.open_sealer(settings)
    try:
        with _open(settings).transaction() as session:
            label_keys.end(
                session,
                actor=SYSTEM,
                number=arguments.number,
                sealer=sealer,
                revoke=arguments.revoke,
                reason=arguments.reason,
                now=clock.now_utc(),
            )
    except RuleViolation as violation:
        raise CannotBeDone(explain(violation).message) from violation
    say(f"{'revoked' if arguments.revoke else 'retired'} {arguments.number:05d}")
    return 0
