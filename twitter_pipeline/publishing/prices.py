"""What X charges for a post, told before it goes out; X's own bill is what counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twitter_pipeline.config import XPrices

#: What makes a post dearer.
LINK = "it holds a link"


@dataclass(frozen=True)
class Price:
    """Of all texts of an item."""

    #: An estimate, at the prices of the configuration.
    dollars: float
    #: What it would be without links; the same where there are none.
    without_links: float

    @property
    def dearer(self) -> bool:
        """Whether a link makes it cost more."""
        return self.dollars > self.without_links

    def __str__(self) -> str:
        return f"{dollars(self.dollars)}{self.why}"

    @property
    def why(self) -> str:
        """What makes it dearer, and than what; empty for nothing."""
        return f", since {LINK} ({dollars(self.without_links)} without)" if self.dearer else ""


def of(texts: Iterable[str], prices: XPrices) -> Price:
    """The price of these texts, each a post of its own."""
    from twitter_pipeline.content import urls

    linked = [bool(urls.find(text)) for text in texts]
    cost = sum(prices.post_with_link if has_link else prices.post for has_link in linked)
    return Price(round(cost, 6), round(len(linked) * prices.post, 6))


def of_reading(posts: int, prices: XPrices) -> str:
    """What X charges for listing so many posts of a timeline: "$0.100"."""
    return f"${posts * prices.post_read:,.3f}"


def dollars(amount: float) -> str:
    """An amount as people write it: "$0.20", "$0.015"."""
    return f"${amount:,.3f}".removesuffix("0")
