"""`wastehub ledger export | stats | erase`: what leaves the house, how much there is, what is forgotten."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from . import books_commands, clock, migrate
from .config import Settings
from .db import Database
from .ledger import erasing, exports, projector, reconciling, signing
from .ledger.appending import SERVICE_AUTHOR
from .ledger.exports import Scope, UnknownScope
from .ledger.integrating import LedgerDamaged
from .ledger.statistics import statistics
from .ledger.transparency import Transparency

SCOPES = "all | site:ID | firm:ID | batch:NO | period:FROM..TO"


class CannotBeDone(Exception):
    """The command cannot be carried out as given; the message says why and what to do."""


def say(text: str) -> None:
    print(text, flush=True)


def add_to(part: Callable[..., argparse.ArgumentParser]) -> None:
    """The three sub-commands of `wastehub ledger`."""
    export_it = part("export", export, "write an evidence bundle, or the entries in another form")
    export_it.add_argument("--scope", default="all", help=SCOPES)
    export_it.add_argument("--out", type=Path, required=True, metavar="FILE")
    export_it.add_argument(
        "--form",
        choices=sorted(exports.FORMS),
        default="bundle",
        help="default bundle: a zip file with its verifier",
    )
    part("stats", stats, "count what is in the ledger")
    erase_it = part("erase", erase, "delete personal values; the entries verify as before")
    erase_it.add_argument("commitment", nargs="*", help="base64, as the field pd of an entry shows it")
    erase_it.add_argument("--subject", help="all personal values in the entries about this subject")
    erase_it.add_argument("--basis", required=True, help="the legal ground, in plain words")


def _open(settings: Settings) -> Database:
    database = Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))
    migrate.require_current(database.engine)
    return database


# --- export ------------------------------------------------------------------------------------------------


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 written; nothing stands at the place of the file unless it is whole."""
    database, held = _open(settings), Transparency.of(settings)
    beside = arguments.out.with_name(arguments.out.name + ".part")
    try:
        scope = Scope.parse(arguments.scope)
        with database.reading() as session, beside.open("wb") as out:
            told = exports.write(session, out, form=arguments.form, scope=scope, policy=held.policy_text())
        os.replace(beside, arguments.out)
    except (UnknownScope, exports.NothingSealed) as error:
        raise CannotBeDone(str(error)) from error
    except OSError as error:
        raise CannotBeDone(f"{arguments.out}: {error.strerror}") from error
    except LedgerDamaged as error:
        say(str(error))
        return 1
    finally:
        beside.unlink(missing_ok=True)
    say(f"{arguments.out}: {told}")
    return 0


# --- stats and erase ---------------------------------------------------------------------------------------


def stats(arguments: argparse.Namespace, settings: Settings) -> int:
    with _open(settings).reading() as session:
        found = statistics(session)
        stop, runs = projector.stopped(session), reconciling.runs(session)
    books_commands.say_stop(stop)
    say(f"{found.entries} entries, {found.sealed} of them sealed by {found.checkpoints} checkpoints")
    if found.since and found.until:
        say(f"recorded {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC")
    say(f"{found.leaf_bytes} bytes of leaves, {found.authors} authors, {found.sites} sites")
    say(f"{found.postings} postings, {found.held} held, {found.open_cases} open cases")
    say(f"{found.unexplained_g} g unexplained, {found.equivocations} equivocations")
    say(f"{found.personal_values} personal values, {found.erased_values} erased")
    for run in runs:
        say(books_commands.told(run))
    for name, count in found.by_type:
        say(f"{count:10}  {name}")
    return 0


def erase(arguments: argparse.Namespace, settings: Settings) -> int:
    """Deletes salt and value; says which entries record it."""
    if bool(arguments.commitment) == bool(arguments.subject):
        raise CannotBeDone("give commitments, or --subject, not both")
    database, now = _open(settings), clock.now_utc()
    try:
        with database.transaction() as session:
            if arguments.subject:
                wanted = erasing.commitments_about(session, subject=arguments.subject)
            else:
                wanted = [erasing.read_commitment(text) for text in arguments.commitment]
            receipts = erasing.erase(
                session, commitments=wanted, basis=arguments.basis, author=SERVICE_AUTHOR, now=now
            )
    except erasing.NothingToErase as error:
        raise CannotBeDone(str(error)) from error
    if not erasing.sweep(database):
        say("somebody reads the database: the write-ahead log keeps the values until its next checkpoint")
    say("erased; recorded as entry " + ", ".join(str(receipt.idx) for receipt in receipts))
    return 0
