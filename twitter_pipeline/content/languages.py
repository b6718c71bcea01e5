"""Lists of words by language, from data files: which cannot stand last before an ellipsis."""

from __future__ import annotations

from functools import cache
from itertools import islice

import regex

from twitter_pipeline.content.data import lines

_WORDS = regex.compile(r"[^\W\d_]++")
# Enough to tell a language by its small words.
_ENOUGH = 200


@cache
def _lists() -> dict[str, frozenset[str]]:
    pairs = (line.split(":", 1) for line in lines("function_words"))
    return {language: frozenset(words.split()) for language, words in pairs}


def function_words(text: str) -> frozenset[str]:
    """The articles, prepositions and conjunctions of the language `text` seems to be in; empty for an unknown one.

    It is the one most of whose words are in the text; in small letters.
    """
    found = [word[0].casefold() for word in islice(_WORDS.finditer(text), _ENOUGH)]
    best = max(_lists().values(), key=lambda words: sum(word in words for word in found))
    return best if any(word in best for word in found) else frozenset()
