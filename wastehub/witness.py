"""A witness: a small process of its own that an outsider runs.

It remembers the newest checkpoint of each log it knows and cosigns only what provably continues it. No
database, no WasteHub account.

Source: C2SP tlog-witness and tlog-cosignature.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .ledger import checkpoints, files, notes, proofs, tree
from .ledger.checkpoints import BadCheckpoint, TreeHead
from .ledger.notes import BadNote, Cosigner, OpenNote, Unsigned, VerifierKey
from .ledger.policies import Policy
from .ledger.signing import BadKeyFile, Signer

PATH = "/add-checkpoint"
REQUEST_BYTES_MAX = 65_536
PATIENCE_S = 10
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    content_type: str = TEXT_TYPE


class _Refused(Exception):
    def __init__(self, status: int, text: str, content_type: str = TEXT_TYPE) -> None:
        self.answer = Answer(status, text + "\n", content_type)


@dataclass(frozen=True, slots=True)
class _Submission:
    old_size: int
    proof: list[bytes]
    note: str
    head: TreeHead


class Witness:
    """Judges checkpoints of the policy's logs. State: one file per log, the newest note that was cosigned."""

    def __init__(self, cosigner: Cosigner, policy: Policy, folder: Path) -> None:
        self._cosigner = cosigner
        self._policy = policy
        self._folder = folder

    def add_checkpoint(self, body: bytes, *, at_s: int) -> Answer:
        """The cosignature, or why not. `at_s`: POSIX seconds now."""
        try:
            submission = _read(body)
            opened = self._open(submission)
            if submission.old_size > submission.head.size:
                raise _Refused(400, "the old size is larger than the checkpoint's")
            # Comparing and keeping are one step: two requests at once must not undo each other.
            with files.locked(self._folder):
                self._require_continued(submission)
                files.replace(self._state_of(submission.head.origin), submission.note)
            return Answer(200, self._cosigner.line(opened.text, at_s=at_s))
        except _Refused as refused:
            return refused.answer

    def newest(self, origin: str) -> TreeHead | None:
        """What was cosigned last for that log."""
        note = files.read(self._state_of(origin))
        return None if note is None else TreeHead.parse(note)

    def _state_of(self, origin: str) -> Path:
        return self._folder / (hashlib.sha256(origin.encode()).hexdigest()[:32] + ".checkpoint")

    def _open(self, submission: _Submission) -> OpenNote:
        keys = self._policy.keys_of(submission.head.origin)
        if not keys:
            raise _Refused(404, "this log is unknown here")
        try:
            return notes.open_note(submission.note, keys)
        except Unsigned as unsigned:
            raise _Refused(403, "no known key of the log signed the checkpoint") from unsigned
        except BadNote as forged:
            raise _Refused(403, str(forged)) from forged

    def _require_continued(self, submission: _Submission) -> None:
        head = submission.head
        before = self.newest(head.origin)
        size, root = (before.size, before.root) if before else (0, tree.EMPTY_ROOT)
        if submission.old_size != size:
            raise _Refused(409, str(size), SIZE_TYPE)
        if head.size == size and head.root != root:
            raise _Refused(409, "another root was cosigned for this size")
        if not proofs.proves_consistency(
            old_size=size, new_size=head.size, old_root=root, new_root=head.root, proof=submission.proof
        ):
            raise _Refused(422, "the proof does not lead from the old root to the new one")


def _read(body: bytes) -> _Submission:
    """Old size, proof and checkpoint of a request."""
    try:
        above, empty, note = body.decode().partition("\n\n")
        first, *lines = above.split("\n")
        if not empty or not first.startswith("old ") or len(lines) > proofs.PROOF_HASHES_MAX:
            raise _Refused(400, "not an old size, a proof and a checkpoint")
        text, _ = notes.split(note)
        proof = [checkpoints.from_base64(line) for line in lines]
        if any(len(each) != tree.HASH_BYTES for each in proof):
            raise _Refused(400, "a proof line is not a SHA-256 hash")
        old_size = checkpoints.read_number(first.removeprefix("old "))
        return _Submission(old_size, proof, note, TreeHead.parse(text))
    except (UnicodeDecodeError, BadCheckpoint, BadNote) as malformed:
        raise _Refused(400, str(malformed)) from malformed


# --- keys --------------------------------------------------------------------------------------------------


def make_key(path: Path, name: str) -> VerifierKey:
    """A new key in a file for its owner only; the public half, to be handed to logs and auditors.

    Raises FileExistsError: a key is never overwritten. Raises notes.BadKey for a name that cannot be one.
    """
    signer = Signer.generate()
    key = Cosigner(name, signer).key
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(notes.private_form(name, signer) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def load_key(path: Path) -> Cosigner:
    """Raises BadKeyFile when others can read the file, notes.BadKey when it holds no key."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadKeyFile(f"{path}: other users can read the key. Run: chmod 600 {path}")
    return Cosigner(*notes.from_private_form(path.read_text(encoding="utf-8")))


# --- serving -----------------------------------------------------------------------------------------------


def server(
    witness: Witness, host: str, port: int, *, seconds: Callable[[], float] = time.time
) -> ThreadingHTTPServer:
    """An HTTP server for that witness, not yet running. Port 0: any free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = PATIENCE_S

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                self._answer(Answer(404, "POST /add-checkpoint is all there is\n"), close=True)
            elif not length.isdecimal() or int(length) > REQUEST_BYTES_MAX:
                self._answer(Answer(413, f"at most {REQUEST_BYTES_MAX} bytes\n"), close=True)
            else:
                body = self.rfile.read(int(length))
                self._answer(witness.add_checkpoint(body, at_s=int(seconds())))

        def _answer(self, answer: Answer, *, close: bool = False) -> None:
            data = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(data)))
            if close:
                # The body was not read: the connection cannot be used again.
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(data)

    made = ThreadingHTTPServer((host, port), Handler)
    made.daemon_threads = True
    return made
