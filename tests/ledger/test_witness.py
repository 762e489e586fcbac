"""Witnesses: each answer of the protocol, and how the log asks (fault cases F12, F13)."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ledger.acts import NOW
from tests.ledger.logs import LOG, ORIGIN, WITNESS, checkpointed, many
from tests.ledger.trees import altered, defined_root, hashed, reader
from wastehub import witness
from wastehub.db import Database
from wastehub.ledger import integrating, notes, policies, proofs, stored_tiles, tree, witnessing
from wastehub.ledger.anchor import Anchor, Refusal, WitnessState
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.notes import BadKey, Cosigner, LogSigner
from wastehub.ledger.policies import Policy
from wastehub.ledger.signing import BadKeyFile, Signer
from wastehub.ledger.witnessing import Reply, Unreachable, request_body
from wastehub.witness import Answer, Witness

AT_S = 1_772_438_400
HASHES = hashed(40)
POLICY = policies.parse(f"log {LOG.key}\nquorum none\n".encode())
STRANGER = LogSigner(ORIGIN, Signer.from_seed(b"stranger".ljust(32)))


@pytest.fixture
def bureau(tmp_path: Path) -> Witness:
    return Witness(WITNESS, POLICY, tmp_path / "state")


def head(size: int, hashes: list[bytes] = HASHES) -> TreeHead:
    return TreeHead(ORIGIN, size, defined_root(hashes[:size]))


def submitted(
    old: int,
    new: int,
    *,
    hashes: list[bytes] = HASHES,
    signer: LogSigner = LOG,
    proof: list[bytes] | None = None,
) -> bytes:
    made = proofs.consistency(old, new, reader(hashes)) if proof is None else proof
    return request_body(old, made, notes.sign(head(new, hashes).text(), [signer]))


def status(bureau: Witness, body: bytes) -> int:
    return bureau.add_checkpoint(body, at_s=AT_S).status


# --- the witness -------------------------------------------------------------------------------------------


def test_a_first_checkpoint_is_cosigned(bureau: Witness) -> None:
    answer = bureau.add_checkpoint(submitted(0, 7), at_s=AT_S)
    assert answer.status == 200
    opened = notes.open_note(notes.sign(head(7).text(), [LOG]) + answer.text, [WITNESS.key])
    assert opened.signatures[0].at_s == AT_S
    assert bureau.newest(ORIGIN) == head(7)


def test_each_later_checkpoint_continues_the_last(bureau: Witness) -> None:
    for old, new in ((0, 1), (1, 8), (8, 8), (8, 13), (13, 40)):
        assert status(bureau, submitted(old, new)) == 200
    assert bureau.newest(ORIGIN) == head(40)


def test_extension_lines_are_cosigned_with_the_rest(bureau: Witness) -> None:
    text = head(7).text() + "extension\n"
    answer = bureau.add_checkpoint(request_body(0, [], notes.sign(text, [LOG])), at_s=AT_S)
    assert notes.open_note(notes.sign(text, [LOG]) + answer.text, [WITNESS.key]).text == text


def test_another_old_size_is_answered_with_the_size_it_knows(bureau: Witness) -> None:
    assert bureau.add_checkpoint(submitted(3, 7), at_s=AT_S) == Answer(409, "0\n", "text/x.tlog.size")
    assert status(bureau, submitted(0, 7)) == 200
    assert bureau.add_checkpoint(submitted(0, 9), at_s=AT_S) == Answer(409, "7\n", "text/x.tlog.size")
    assert bureau.newest(ORIGIN) == head(7)


def test_a_smaller_tree_is_never_cosigned(bureau: Witness) -> None:
    assert status(bureau, submitted(0, 9)) == 200
    assert status(bureau, submitted(5, 7)) == 409
    assert status(bureau, submitted(9, 7, proof=[])) == 400
    assert bureau.newest(ORIGIN) == head(9)


def test_a_bad_proof_is_unprocessable(bureau: Witness) -> None:
    assert status(bureau, submitted(0, 7)) == 200
    proof = proofs.consistency(7, 13, reader(HASHES))
    for other in altered(proof):
        assert status(bureau, submitted(7, 13, proof=other)) == 422
    assert status(bureau, submitted(7, 13, proof=proof)) == 200


def test_a_proof_from_nothing_is_empty(bureau: Witness) -> None:
    assert status(bureau, submitted(0, 7, proof=HASHES[:1])) == 422


def test_a_rewritten_history_is_unprocessable(bureau: Witness) -> None:
    assert status(bureau, submitted(0, 7)) == 200
    forged = [*HASHES[:3], tree.leaf_hash(b"forged"), *HASHES[4:]]
    assert status(bureau, submitted(7, 13, hashes=forged)) == 422
    assert bureau.newest(ORIGIN) == head(7)


def test_another_root_of_the_same_size_is_a_conflict(bureau: Witness) -> None:
    assert status(bureau, submitted(0, 7)) == 200
    forged = [*HASHES[:3], tree.leaf_hash(b"forged"), *HASHES[4:]]
    answer = bureau.add_checkpoint(submitted(7, 7, hashes=forged), at_s=AT_S)
    assert (answer.status, answer.content_type) == (409, "text/plain; charset=utf-8")


def test_an_unknown_log_is_not_found(bureau: Witness) -> None:
    other = TreeHead("wastehub.other/ledger", 7, head(7).root)
    assert status(bureau, request_body(0, [], notes.sign(other.text(), [LOG]))) == 404


def test_a_stranger_s_signature_is_forbidden(bureau: Witness) -> None:
    assert status(bureau, submitted(0, 7, signer=STRANGER)) == 403
    assert bureau.newest(ORIGIN) is None


def test_a_forged_signature_of_the_log_is_forbidden(bureau: Witness) -> None:
    body = submitted(0, 7).replace(head(7).text().encode(), head(8).text().encode())
    assert status(bureau, body) == 403


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0\n\n", b"old 00\n\n" + submitted(0, 7)[7:], b"old -1\n\n" + submitted(0, 7)[7:],
        b"size 0\n\n" + submitted(0, 7)[7:], b"old 0\nnonsense\n\n" + submitted(0, 7)[7:],
        b"old 0\nAAAA\n\n" + submitted(0, 7)[7:], b"\xff" + submitted(0, 7),
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + submitted(0, 7)[7:], submitted(0, 7)[:-1],
    ],
)  # fmt: skip
def test_what_is_no_request_is_bad(bureau: Witness, body: bytes) -> None:
    assert status(bureau, body) == 400


def test_what_was_cosigned_survives_the_process(bureau: Witness, tmp_path: Path) -> None:
    assert status(bureau, submitted(0, 7)) == 200
    again = Witness(WITNESS, POLICY, tmp_path / "state")
    assert status(again, submitted(0, 9)) == 409
    assert status(again, submitted(7, 9)) == 200


def test_nothing_is_signed_that_was_not_kept(bureau: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("wastehub.witness.files.replace", full)
    with pytest.raises(OSError, match="no space"):
        bureau.add_checkpoint(submitted(0, 7), at_s=AT_S)


def test_of_two_requests_at_once_one_wins(bureau: Witness) -> None:
    """Both prove from the same size: whoever comes second must be told the new size."""
    assert status(bureau, submitted(0, 7)) == 200
    bodies = [submitted(7, new) for new in range(8, 24)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: bureau.add_checkpoint(body, at_s=AT_S), bodies))
    won = [at for at, answer in enumerate(answers) if answer.status == 200]
    assert len(won) == 1
    assert bureau.newest(ORIGIN) == head(8 + won[0])


def test_a_key_file_is_for_its_owner_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "witness.key"
    key = witness.make_key(path, "bureau.test/w1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert witness.load_key(path).key == key
    with pytest.raises(FileExistsError):
        witness.make_key(path, "bureau.test/w1")
    path.chmod(0o644)
    with pytest.raises(BadKeyFile, match="chmod 600"):
        witness.load_key(path)
    with pytest.raises(BadKey):
        witness.make_key(tmp_path / "other.key", "two words")


# --- the log asks ------------------------------------------------------------------------------------------


class Wire:
    """Witnesses by address, without a network."""

    def __init__(self) -> None:
        self.witnesses: dict[str, Witness] = {}
        self.asked = 0

    def __call__(self, url: str, body: bytes) -> Reply:
        self.asked += 1
        known = self.witnesses.get(url.removesuffix("/add-checkpoint"))
        if known is None:
            raise Unreachable("connection refused")
        answer = known.add_checkpoint(body, at_s=int(NOW.timestamp()))
        return Reply(answer.status, answer.content_type.split(";")[0], answer.text.encode())


@pytest.fixture
def wire(bureau: Witness) -> Wire:
    made = Wire()
    made.witnesses["http://bureau"] = bureau
    return made


@pytest.fixture
def anchor(tmp_path: Path) -> Anchor:
    return Anchor(tmp_path / "anchor")


def policy(url: str = "http://bureau/") -> Policy:
    return policies.parse(f"log {LOG.key}\nwitness bureau {WITNESS.key} {url}\nquorum bureau\n".encode())


def ask(log: Database, anchor: Anchor, wire: Wire, asked: Policy | None = None) -> dict[str, str]:
    states = witnessing.ask_all(log, asked or policy(), anchor, now=NOW, post=wire)
    return {name: state.outcome for name, state in states.items()}


def test_the_newest_checkpoint_is_shown_and_its_cosignature_kept(
    log: Database, anchor: Anchor, wire: Wire
) -> None:
    for count in (3, 300):
        many(log, count)
        made = checkpointed(log)
        assert ask(log, anchor, wire) == {"bureau": "cosigned"}
        with log.reading() as session:
            opened = notes.open_note(integrating.cosigned(session, made.size), [LOG.key, WITNESS.key])
        assert opened.signed_by(WITNESS.key) and opened.signed_by(LOG.key)
    assert wire.asked == 2
    assert ask(log, anchor, wire) == {}, "what is cosigned is not shown again"
    assert anchor.witnesses() == {"bureau": WitnessState("cosigned", NOW)}


def test_a_witness_that_remembers_more_than_we_do_is_followed(
    log: Database, anchor: Anchor, wire: Wire
) -> None:
    """The cosignature was lost on its way back: the witness tells its size, the next proof starts there."""
    many(log, 3)
    made = checkpointed(log)
    wire("http://bureau/add-checkpoint", request_body(0, [], made.note))
    many(log, 3)
    checkpointed(log)
    assert ask(log, anchor, wire) == {"bureau": "cosigned"}


def test_a_witness_that_is_down_stops_nothing(log: Database, anchor: Anchor, wire: Wire) -> None:
    many(log, 3)
    checkpointed(log)
    wire.witnesses.clear()
    assert ask(log, anchor, wire) == {"bureau": "down"}
    many(log, 3)
    assert checkpointed(log).size == 7
    assert anchor.refusals() == {}


FOREIGN_LINE = Cosigner("bureau.test/witness", Signer.generate()).line("x\n", at_s=1).encode()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "text/plain", b""),
        Reply(200, "text/plain", b"nonsense\n"),
        Reply(200, "text/plain", b"\xff"),
        Reply(200, "text/plain", FOREIGN_LINE),
        Reply(409, "text/x.tlog.size", b"many\n"),
        Reply(500, "text/plain", b"oops"),
    ],
)
def test_a_witness_that_talks_nonsense_stops_nothing(log: Database, anchor: Anchor, reply: Reply) -> None:
    many(log, 3)
    checkpointed(log)
    states = witnessing.ask_all(log, policy(), anchor, now=NOW, post=lambda url, body: reply)
    assert states["bureau"].outcome == "down"
    with log.reading() as session:
        assert integrating.last_cosigned(session, str(WITNESS.key)) == 0


def test_a_witness_without_address_is_not_asked(log: Database, anchor: Anchor, wire: Wire) -> None:
    many(log, 3)
    checkpointed(log)
    assert ask(log, anchor, wire, policy("")) == {}


def test_at_a_start_a_witness_that_saw_more_forbids_writing(
    log: Database, anchor: Anchor, wire: Wire
) -> None:
    wire("http://bureau/add-checkpoint", submitted(0, 40))
    many(log, 3)
    checkpointed(log)
    witnessing.check_at_start(log, policy(), anchor, now=NOW, post=wire)
    expected = Refusal("ledger.witness_ahead", {"witness": "bureau", "seen": "40"})
    assert anchor.refusals() == {"bureau": expected}


def test_at_a_start_a_witness_that_saw_another_log_forbids_writing(
    log: Database, anchor: Anchor, wire: Wire
) -> None:
    wire("http://bureau/add-checkpoint", submitted(0, 2))
    many(log, 3)
    checkpointed(log)
    witnessing.check_at_start(log, policy(), anchor, now=NOW, post=wire)
    assert anchor.refusals() == {"bureau": Refusal("ledger.witness_disagrees", {"witness": "bureau"})}


def test_at_a_start_an_old_copy_is_found_out_though_its_own_checkpoint_was_cosigned(
    log: Database, anchor: Anchor, wire: Wire
) -> None:
    """Database and anchor were put back together: by themselves they agree."""
    many(log, 39)
    old = checkpointed(log)
    assert ask(log, anchor, wire) == {"bureau": "cosigned"}
    with log.reading() as session:
        leaves = stored_tiles.entries(session, 0, old.size)
    hashes = [*(tree.leaf_hash(leaf) for leaf in leaves), *HASHES]
    wire("http://bureau/add-checkpoint", submitted(old.size, old.size + 7, hashes=hashes))
    assert ask(log, anchor, wire) == {}, "nothing new to show"
    witnessing.check_at_start(log, policy(), anchor, now=NOW, post=wire)
    expected = Refusal("ledger.witness_ahead", {"witness": "bureau", "seen": str(old.size + 7)})
    assert anchor.refusals() == {"bureau": expected}


def test_a_witness_that_agrees_again_ends_its_refusal(log: Database, anchor: Anchor, wire: Wire) -> None:
    many(log, 3)
    checkpointed(log)
    anchor.note_refusal("bureau", Refusal("ledger.witness_disagrees", {"witness": "bureau"}))
    wire_down = Wire()
    witnessing.check_at_start(log, policy(), anchor, now=NOW, post=wire_down)
    assert "bureau" in anchor.refusals(), "silence proves nothing"
    witnessing.check_at_start(log, policy(), anchor, now=NOW, post=wire)
    assert anchor.refusals() == {}


# --- over HTTP ---------------------------------------------------------------------------------------------


@pytest.fixture
def address(bureau: Witness) -> Iterator[str]:
    server = witness.server(bureau, "127.0.0.1", 0, seconds=lambda: AT_S)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_log_and_witness_speak_over_http(log: Database, anchor: Anchor, address: str) -> None:
    many(log, 3)
    made = checkpointed(log)
    states = witnessing.ask_all(log, policy(address), anchor, now=NOW)
    assert states["bureau"].outcome == "cosigned"
    with log.reading() as session:
        assert integrating.last_cosigned(session, str(WITNESS.key)) == made.size


def test_refusals_travel_with_status_and_type(address: str) -> None:
    reply = witnessing.post_over_http(address + "/add-checkpoint", submitted(3, 7))
    assert reply == Reply(409, "text/x.tlog.size", b"0\n")
    assert witnessing.post_over_http(address + "/other", b"").status == 404
    assert witnessing.post_over_http(address + "/add-checkpoint", bytes(70_000)).status == 413


def test_nobody_there_is_unreachable(address: str) -> None:
    with pytest.raises(Unreachable):
        witnessing.post_over_http("http://127.0.0.1:9/add-checkpoint", b"")
    with pytest.raises(Unreachable, match="not an http address"):
        witnessing.post_over_http("file:///etc/hosts", b"")
