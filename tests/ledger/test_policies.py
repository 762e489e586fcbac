"""Trust policies: the published example, k of n, and each line that the format does not allow."""

from __future__ import annotations

from itertools import combinations

import pytest

from wastehub.ledger import policies
from wastehub.ledger.notes import Cosigner, LogSigner
from wastehub.ledger.policies import BadPolicy, Policy
from wastehub.ledger.signing import Signer

LOG = LogSigner("wastehub.test/ledger", Signer.from_seed(b"log".ljust(32))).key
KEYS = {
    name: Cosigner(f"{name}.test", Signer.from_seed(name.encode().ljust(32))).key
    for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3", "局")
}
EXAMPLE = f"""\
log {LOG}

witness X1 {KEYS["X1"]}
witness X2 {KEYS["X2"]}
witness X3 {KEYS["X3"]}
group X-witnesses 2 X1 X2 X3

witness Y1 {KEYS["Y1"]}
witness Y2 {KEYS["Y2"]}
witness Y3 {KEYS["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def read(text: str) -> Policy:
    return policies.parse(text.encode())


def test_the_published_example_asks_for_two_x_and_one_y() -> None:
    policy = read(EXAMPLE)
    names = [name for name in KEYS if name != "局"]
    for count in range(len(names) + 1):
        for chosen in combinations(names, count):
            enough = sum(name[0] == "X" for name in chosen) >= 2 and any(name[0] == "Y" for name in chosen)
            assert policy.reached({KEYS[name] for name in chosen}) is enough, chosen


def test_a_key_outside_the_policy_adds_nothing() -> None:
    assert not read(EXAMPLE).reached({KEYS["X1"], KEYS["Y1"], KEYS["局"]})


def test_a_single_witness_can_be_the_quorum() -> None:
    policy = read(f"witness X1 {KEYS['X1']}\nquorum X1\n")
    assert policy.reached({KEYS["X1"]})
    assert not policy.reached(set())


def test_no_witness_may_be_asked_for() -> None:
    assert read("quorum none\n").reached(set())


def test_blanks_comments_tabs_urls_and_chinese_names_are_fine() -> None:
    policy = read(f" \t# 政策\n\n\twitness 局\t{KEYS['局']}  http://localhost:1 \ngroup g 1 局\n quorum g")
    assert [(each.name, each.url) for each in policy.witnesses] == [("局", "http://localhost:1")]
    assert policy.reached({KEYS["局"]})


def test_a_name_that_is_no_utf8_is_an_octet_string_of_its_own() -> None:
    text = b"witness \xff %s\nwitness \xfe %s\ngroup g 2 \xff \xfe\nquorum g\n"
    policy = policies.parse(text % (str(KEYS["X1"]).encode(), str(KEYS["X2"]).encode()))
    assert policy.reached({KEYS["X1"], KEYS["X2"]})
    with pytest.raises(BadPolicy, match="line 1: "):
        policies.parse(b"witness a \xff+00000000+BAAA\nquorum a\n")


def test_the_keys_of_a_log_are_found_by_its_origin() -> None:
    policy = read(EXAMPLE)
    assert policy.keys_of("wastehub.test/ledger") == [LOG]
    assert policy.keys_of("wastehub.other/ledger") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no quorum line"),
        ("quorum none\nquorum none\n", "line 2: a second quorum"),
        ("quorum X1\n", "'X1' is not defined above"),
        (f"quorum X1\nwitness X1 {KEYS['X1']}\n", "line 1: 'X1' is not defined above"),
        ("quorum\n", "quorum <name>"),
        ("trust X1\n", "'trust' is none of"),
        (f"log {KEYS['X1']}\n", "kind 0x01"),
        (f"witness X1 {LOG}\n", "kind 0x04"),
        ("log nonsense\n", "line 1: "),
        (f"log {LOG}\nlog {LOG}\n", "line 2: .* stands above"),
        (f"witness X1 {KEYS['X1']}\nwitness X2 {KEYS['X1']}\n", "stands above"),
        (f"witness X1 {KEYS['X1']}\nwitness X1 {KEYS['X2']}\n", "'X1' is taken"),
        (f"witness none {KEYS['X1']}\n", "'none' is taken"),
        (f"witness X1 {KEYS['X1']} http://a extra\n", "witness <name>"),
        (f"witness X1 {KEYS['X1']}\ngroup g 2 X1\n", "from 1 to 1"),
        (f"witness X1 {KEYS['X1']}\ngroup g 0 X1\n", "from 1 to 1"),
        (f"witness X1 {KEYS['X1']}\ngroup g +1 X1\n", "from 1 to 1"),
        (f"witness X1 {KEYS['X1']}\ngroup g all\n", "group <name>"),
        (f"witness X1 {KEYS['X1']}\ngroup g all none\n", "'none' is not defined"),
        (f"witness X1 {KEYS['X1']}\ngroup g all g\n", "'g' is not defined"),
        (f"witness X1 {KEYS['X1']}\ngroup g any X1\ngroup h any X1\n", "line 3: 'X1' stands in a group"),
        (f"witness X1 {KEYS['X1']}\ngroup g 2 X1 X1\n", "'X1' stands in a group"),
        (f"witness X1 {KEYS['X1']}\ngroup X1 any X1\n", "'X1' is taken"),
        ("quorum none\r\n", "control character"),
    ],
)
def test_what_the_format_does_not_allow_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(BadPolicy, match=reason):
        read(text)
