"""What the seal of a scanned label means for loading: a forged one never rides, a doubtful one with a flag.

A seal that fails under a key that we published proves that somebody altered code or seal. A seal that nobody
can judge (a key that is unknown or revoked, another city's address) proves nothing, no more than an old
label without one: the waste is real, so it is carried, and the doubt stays on record.
"""

from __future__ import annotations

from wastehub.domain.custody import Notice, Verdict
from wastehub.domain.label_seals import Judgement

DOUBTFUL: frozenset[Judgement] = frozenset({"key_unknown", "key_revoked", "other_origin"})
# What the county gets to see to, and from whom.
PROBLEM_KIND, PROBLEM_SOURCE = "odd_label", "crew"


def verdict_on(kind: str, seal: str, label_code: str) -> Verdict | None:
    """The refusal of a load under a forged label; None when the seal does not stand against the act.

    Taking a container off again or refusing it is no use of its label.
    """
    if kind == "load" and seal == "forged":
        return Verdict("refused", "label_forged", {"label_code": label_code})
    return None


def notices(kind: str, seal: str, label_code: str) -> tuple[Notice, ...]:
    """The flag on a load under a label that cannot be judged."""
    if kind == "load" and seal in DOUBTFUL:
        return (Notice("scan.label_doubtful", {"label_code": label_code, "seal": seal}),)
    return ()
