"""Which language a word of a file's name, or a code of config.yaml, stands for: ISO 639 (RFC 5646 for what follows)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from twitter_pipeline.content.data import lines

#: What may follow a language: a region, a script, or what programs say of captions (yt-dlp: en-orig).
_FURTHER = re.compile(
    r"[a-z]{2}|\d{3}|hans|hant|latn|cyrl|arab|deva|hebr|grek|jpan|kore|thai|beng|guru|taml"
    r"|auto|orig|cc|sdh|full|default|forced",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LanguageCode:
    """A language of ISO 639-1."""

    #: Two small letters.
    code: str
    #: Its name for those who speak it.
    name: str


def language_of(tag: str) -> LanguageCode | None:
    """The language of a tag such as `en`, `pt-BR`, `zh_Hans`, `deu`, `en-orig` or `German`; None when it is none."""
    first, *further = re.split(r"[-_.]", tag)
    if not all(map(_FURTHER.fullmatch, further)):
        return None
    return _languages().get(first.casefold())


@cache
def _languages() -> dict[str, LanguageCode]:
    found: dict[str, LanguageCode] = {}
    for line in lines("language_codes"):
        code, longer, english, own = line.split("|")
        for word in (code, *longer.split(), english, own):
            found.setdefault(word.casefold(), LanguageCode(code, own))
    return found
