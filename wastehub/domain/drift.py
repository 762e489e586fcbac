"""Many small differences to one side: theft, or a scale that is off.

Each weighing at a gate differs a little from the record, d = weighed - recorded. Inside the tolerance such a
difference is nobody's case, so whoever takes a little from every drum, or weighs with a scale that is off,
stays inside for ever. What gives it away is the sign.

The test. Suppose nothing is wrong: then a difference is as likely to be +x as -x, whatever its size and
whatever the scale. With the sizes |d| given, the signs are fair coins, so the sum S of n differences has mean
0 and variance exactly sum(d^2), and is close to normal for n in the dozens. We call it drift when
|S| > 3 * sqrt(sum(d^2)), that is when S^2 > 9 * sum(d^2): a comparison of whole numbers. By chance that
happens in about 0.27 % of months that are in order (Hoeffding: never in more than 2.3 %), so with 40 scales
and crews expect one false alarm in nine months: it is a reason to test a scale, not a proof. Between 2 and
3 sigma (4.6 % by chance) the month is to be watched.

No noise of the scale has to be known, and one large honest difference cannot raise the alarm by itself: it
adds its square to the right side as well. The price: S^2 <= n * sum(d^2), so fewer than 10 weighings can
never reach 3 sigma. Below the least number of weighings (configuration) there is no judgement. Drums that
were not exactly symmetric to begin with (water that evaporates, on every single drum) count as drift: they
should be declared as loss.

Source: our own rule, no law asks for it (sum of tolerance postings per scale and month against
3 sigma); the numbers are configuration, legal_limits drift_sigma and drift_weighings_min, certainty N.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isqrt
from typing import Literal

State = Literal["steady", "watch", "drift", "few", "none"]
WATCH_SIGMA = 2


@dataclass(frozen=True, slots=True)
class Month:
    """The differences within tolerance of one month, summed: grams, and grams squared.

    `less`, `more`: weighings below and above the record.
    """

    first_on: date
    weighings: int = 0
    sum_g: int = 0
    square_g2: int = 0
    less: int = 0
    more: int = 0

    @property
    def sigma_g(self) -> int:
        """Grams that the sum may wander by chance (one sigma), rounded down."""
        return isqrt(self.square_g2)

    @property
    def sigma_tenths(self) -> int:
        """|sum| in tenths of sigma; 0 when nothing differed."""
        return isqrt(100 * self.sum_g * self.sum_g // self.square_g2) if self.square_g2 else 0


def judge(month: Month, *, sigma: int, weighings_min: int) -> State:
    """Whether the sum of a month lies farther from 0 than chance takes it."""
    if not month.weighings:
        return "none"
    if month.weighings < weighings_min:
        return "few"
    square = month.sum_g * month.sum_g
    if square > sigma * sigma * month.square_g2:
        return "drift"
    return "watch" if square > WATCH_SIGMA * WATCH_SIGMA * month.square_g2 else "steady"


def months_before(today: date, count: int) -> list[date]:
    """First days of the last `count` months, the present one included, oldest first."""
    number = today.year * 12 + today.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in range(count - 1, -1, -1)]


def next_month(first_on: date) -> date:
    return date(first_on.year + first_on.month // 12, first_on.month % 12 + 1, 1)
