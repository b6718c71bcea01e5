"""What is known about one media item, whichever sidecar it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

#: Behind words that are a whole line, or whole sentences.
_ENDS = re.compile(r"[^\S\n]*(?:\n|\Z)|[.!?…؟۔।॥]+(?:\s|\Z)|(?<=[.!?…؟۔।॥])\s|[。！？]|(?<=[。！？])")


@dataclass(frozen=True)
class Metadata:
    """The words that belong to one media item; every field may be empty."""

    title: str = ""
    description: str = ""
    #: As the sidecar has them, with or without "#".
    hashtags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    link: str = ""
    #: What the picture shows, for people who cannot see it; of several pictures, the first.
    alt_text: str = ""
    #: Small JSON values of fields that have no place above, for templates: `{{ extra.summary }}`.
    extra: Mapping[str, Any] = field(default_factory=dict)
    #: The same for each picture of an album, in their order; empty where only `alt_text` is given.
    alt_texts: tuple[str, ...] = ()
    #: What is known of the item beside its sidecar, for a template that asks: `{{ file.name }}`, `{{ media.width }}`.
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_words(self) -> bool:
        """Whether there is anything to say: a title or a description."""
        return bool(self.title or self.description)

    def said_once(self) -> Metadata:
        """Without a title that the description begins with, as a line or a sentence: many programs write both."""
        title, description = " ".join(self.title.split()), self.description.lstrip()
        begins = bool(title) and description[: len(title)].casefold() == title.casefold()
        return replace(self, title="") if begins and _ENDS.match(description, len(title)) else self

    def alt_text_of(self, number: int) -> str:
        """What the picture with this number (from 0) shows; empty when nothing is said of it."""
        texts = self.alt_texts or (self.alt_text,)
        return texts[number] if number < len(texts) else ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe copy; `from_dict` reads it back."""
        return {
            "title": self.title,
            "description": self.description,
            "hashtags": list(self.hashtags),
            "keywords": list(self.keywords),
            "link": self.link,
            "alt_text": self.alt_text,
            "alt_texts": list(self.alt_texts),
            "extra": dict(self.extra),
            "facts": dict(self.facts),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Metadata:
        """Reads what `to_dict` wrote. Missing fields are empty; fields of a newer release are ignored."""
        return cls(
            title=data.get("title", ""),
            description=data.get("description", ""),
            hashtags=tuple(data.get("hashtags", ())),
            keywords=tuple(data.get("keywords", ())),
            link=data.get("link", ""),
            alt_text=data.get("alt_text", ""),
            alt_texts=tuple(data.get("alt_texts", ())),
            extra=dict(data.get("extra", {})),
            facts=dict(data.get("facts", {})),
        )
