"""What many previews come to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twitter_pipeline.publishing.preview import Preview

#: "1 hashtag" and "3 hashtags" are counted together, as "hashtags".
_COUNT = re.compile(r"^[\d,]+ (\w+?)s?(?!\w)")


@dataclass
class Totals:
    """Counts over the items that were looked at so far."""

    items: int = 0
    #: Those of which something gave way or was left out, and how many each of it.
    cut: int = 0
    gave_way: Counter[str] = field(default_factory=Counter)
    #: Those that something holds back.
    held: int = 0
    #: What X charges for those that go out, and how many of them a link makes dearer.
    dollars: float = 0.0
    dearer: int = 0

    def counted(self, previews: Iterable[Preview]) -> Iterator[Preview]:
        """The same previews, each counted as it goes by."""
        for preview in previews:
            self._add(preview)
            yield preview

    def _add(self, preview: Preview) -> None:
        self.items += 1
        draft = preview.draft
        if draft is not None and draft.was_cut:
            self.cut += 1
            self.gave_way.update({_COUNT.sub(r"\1s", part) for part in draft.gave_way})
        self.held += bool(preview.why_not)
        if preview.price is not None and preview.slot is not None:
            self.dollars += preview.price.dollars
            self.dearer += preview.price.dearer

    def __str__(self) -> str:
        from twitter_pipeline.publishing.prices import dollars

        said = f"{self.items:,} item{'' if self.items == 1 else 's'}"
        if self.cut:
            parts = ", ".join(f"{part} of {count:,}" for part, count in self.gave_way.most_common())
            said += f", {self.cut:,} with something left out" + (f" ({parts})" if parts else "")
        if self.held:
            said += f", {self.held:,} held back"
        linked = f"; {self.dearer:,} of them dearer for a link" if self.dearer else ""
        return f"{said}; X charges about {dollars(round(self.dollars, 6))} for those that go out{linked}"
