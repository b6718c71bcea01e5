"""Which of X's labels a post carries: the source says it, and a sidecar's field of the same name goes before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twitter_pipeline.config import Source

if TYPE_CHECKING:
    from twitter_pipeline.content.metadata import Metadata

#: Tables know no truth values.
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def of(source: Source, metadata: Metadata) -> tuple[bool | None, bool, tuple[str, ...]]:
    """`made_with_ai` (None: if Gemini makes the words), `paid_partnership`, and what the sidecar says in vain."""
    unused: list[str] = []
    made_with_ai, paid = (_said(metadata, name, unused) for name in ("made_with_ai", "paid_partnership"))
    if made_with_ai is None and source.made_with_ai != "when_enhanced":
        made_with_ai = source.made_with_ai
    return made_with_ai, source.paid_partnership if paid is None else paid, tuple(unused)


def _said(metadata: Metadata, name: str, unused: list[str]) -> bool | None:
    """What the sidecar says of a label; None for nothing, or nothing that can be used."""
    value: Any = metadata.extra.get(name)
    said = _WORDS.get(value.strip().casefold()) if isinstance(value, str) else value
    if isinstance(said, bool):
        return said
    if value not in (None, ""):
        unused.append(f"the sidecar's {name}: it is neither true nor false; what the source says holds")
    return None
