"""A foreign judge: the packages of Go's checksum database accept our notes, roots, tiles and proofs, and
refuse altered ones. They come from Debian, by apt, into a folder of the test; where apt has none the test
is skipped.
"""

from __future__ import annotations

import base64
import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.ledger.bundles import exported, members_of
from tests.ledger.logs import LOG, ORIGIN, WITNESS, checkpointed, cosigned, many, whole_way
from wastehub.db import Database
from wastehub.ledger import integrating, proofs, stored_tiles, tree
from wastehub.ledger.checkpoints import in_base64
from wastehub.ledger.notes import LogSigner
from wastehub.ledger.signing import Signer
from wastehub.ledger.store import EntryRow

pytestmark = pytest.mark.long

JUDGE = Path(__file__).parent / "foreign" / "judge.go"
PACKAGES = ("golang-go", "golang-golang-x-mod-dev")
# The last is a power of two: with other sizes Go's tile reader (0.7) leaves full tiles unauthenticated,
# because it begins behind as many tiles as the tree has subtrees. Of those sizes it judges notes, roots and
# proofs.
SIZES = (1, 2, 255, 256, 257, 300, 512)
Question = tuple[object, ...]


def run(command: Sequence[str], folder: Path, **settings: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=os.environ | settings)


def fetched(folder: Path) -> Path:
    """A root folder with Go and the packages: the machine's own, or unpacked below `folder` without
    installing.
    """
    if shutil.which("go") and Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog").is_dir():
        return Path("/")
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip(f"needs Go and its module packages: apt-get install {' '.join(PACKAGES)}")
    quiet = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    question = ["apt-cache", "depends", "--recurse", *(f"--no-{each}" for each in quiet), *PACKAGES]
    try:
        told = subprocess.run(question, check=True, capture_output=True, text=True).stdout
        wanted = sorted({line for line in told.split("\n") if line.startswith("golang")})
        run(["apt-get", "download", *wanted], folder)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"apt has no {' or '.join(PACKAGES)} for this machine: {error.stderr!r:.200}")
    for package in folder.glob("*.deb"):
        run(["dpkg-deb", "-x", str(package), "root"], folder)
    return folder / "root"


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judge")
    root = fetched(folder)
    go = shutil.which("go") if root == Path("/") else next(root.glob("usr/lib/go-*/bin/go"))
    assert go is not None
    settings = {
        "GO111MODULE": "off", "GOPATH": str(root / "usr/share/gocode"), "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "", "CGO_ENABLED": "0",
    }  # fmt: skip
    if root != Path("/"):
        settings["GOROOT"] = str(Path(go).parents[1])
    run([str(go), "build", "-o", str(folder / "judge"), str(JUDGE)], folder, **settings)
    return folder / "judge"


def verdicts(judge: Path, questions: Sequence[Question]) -> list[bool]:
    text = "".join("\t".join(map(str, question)) + "\n" for question in questions)
    done = subprocess.run([judge], input=text, capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions), done.stderr
    assert all(answer == "good" or answer.startswith("bad: ") for answer in answers)
    return [answer == "good" for answer in answers]


@pytest.fixture
def sealed(log: Database) -> dict[int, bytes]:
    """Size -> root: a log with a checkpoint at each of the sizes."""
    heads: dict[int, bytes] = {}
    many(log, 1)  # with the entry of the key: 2
    for size in SIZES[2:]:
        many(log, size - (max(heads, default=2)))
        made = checkpointed(log)
        cosigned(log, made)
        heads[made.size] = made.root
    with log.reading() as session:
        for size in SIZES[:2]:
            heads[size] = integrating.root_at(session, size)
    assert sorted(heads) == list(SIZES)
    return heads


def changed(text: str, at: int) -> str:
    """The base64 text of a hash with one bit flipped."""
    data = bytearray(base64.b64decode(text))
    data[at % len(data)] ^= 1 << at % 8
    return base64.b64encode(data).decode()


def test_notes_of_log_and_forged_notes(log: Database, judge: Path, sealed: dict[int, bytes]) -> None:
    with log.reading() as session:
        note = integrating.cosigned(session, max(sealed))
    assert str(WITNESS.key.name) in note, "signatures of a kind that Go does not know are ignored"
    body, _, signatures = note.partition("\n\n")
    stranger = LogSigner(ORIGIN, Signer.from_seed(b"stranger".ljust(32)))
    lines = body.split("\n")
    forged = [
        "\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]]) + "\n\n" + signatures,
        "\n".join([*lines[:2], changed(lines[2], 5), *lines[3:]]) + "\n\n" + signatures,
        body + "\n\n" + stranger.line(body + "\n"),
        note.replace("\n", "\r\n"),
    ]
    asked = [("note", LOG.key, base64.b64encode(text.encode()).decode()) for text in (note, *forged)]
    assert verdicts(judge, asked) == [True, False, False, False, False]
    assert verdicts(judge, [("note", stranger.key, asked[0][2])]) == [False]


def unpacked(log: Database, folder: Path) -> Path:
    """An export as files, as a web server would hand them out."""
    folder.mkdir()
    for name, data in members_of(exported(log, folder / "bundle.zip")).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_roots_and_tiles_of_an_export(
    log: Database, judge: Path, sealed: dict[int, bytes], tmp_path: Path
) -> None:
    size = max(sealed)
    root = in_base64(sealed[size])
    folder = unpacked(log, tmp_path / "whole")
    good: list[Question] = [("root", size, root, folder)]
    good += [("tiles", size, root, folder, at) for at in (0, 1, 255, 256, 300, size - 1)]
    assert all(verdicts(judge, good))
    assert not any(verdicts(judge, [(kind, size, changed(root, 9), *rest) for kind, _, _, *rest in good]))
    for at, name in enumerate(("tile/entries/001", "tile/0/001", "tile/1/000.p/2")):
        altered = tmp_path / f"altered{at}"
        shutil.copytree(folder, altered)
        data = bytearray((altered / name).read_bytes())
        data[40] ^= 1
        (altered / name).write_bytes(data)
        kind = ("root",) if "entries" in name else ("tiles",)
        rest = () if "entries" in name else (256,)
        assert verdicts(judge, [(*kind, size, root, altered, *rest)]) == [False], name


def test_proofs_and_altered_proofs(log: Database, judge: Path, sealed: dict[int, bytes]) -> None:
    chance = random.Random(7)
    good: list[Question] = []
    with log.reading() as session:
        leaves = list(session.scalars(select(EntryRow.leaf).order_by(EntryRow.idx)))
        for size, root in sealed.items():
            read = stored_tiles.reader(session, size) if size >= 255 else None
            for at in sorted({0, size // 2, size - 1, *(chance.randrange(size) for _ in range(40))}):
                if read is None:
                    continue
                path = ",".join(map(in_base64, proofs.inclusion(at, size, read)))
                good.append(
                    ("record", size, in_base64(root), at, in_base64(tree.leaf_hash(leaves[at])), path)
                )
            for old in sealed:
                if read is not None and old <= size:
                    path = ",".join(map(in_base64, proofs.consistency(old, size, read)))
                    good.append(("tree", size, in_base64(root), old, in_base64(sealed[old]), path))
    assert len(good) > 150
    assert all(verdicts(judge, good))
    bad = []
    for kind, size, root, at, hashed, path in good:
        bad.append((kind, size, changed(str(root), 3), at, hashed, path))
        bad.append((kind, size, root, at, changed(str(hashed), 4), path))
        if path:
            first, *others = str(path).split(",")
            bad.append((kind, size, root, at, hashed, ",".join([changed(first, 5), *others])))
            bad.append((kind, size, root, at, hashed, ",".join(others)))
            bad.append((kind, size, root, at, hashed, f"{path},{first}"))
    assert not any(verdicts(judge, bad))


def test_a_history_with_mass_is_judged_alike(log: Database, judge: Path, tmp_path: Path) -> None:
    whole_way(log)
    made = checkpointed(log)
    folder = unpacked(log, tmp_path / "mass")
    assert verdicts(judge, [("root", made.size, in_base64(made.root), folder)]) == [True]
