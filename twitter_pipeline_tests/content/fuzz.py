"""The property tests with random texts, each with so many: `python -m twitter_pipeline_tests.content.fuzz 1000 [SEED]`.

Hypothesis takes six times as long to draw a text as the property to look at it, and most of its texts are short. These
are as long as what people write, and longer; what fails is made shorter and told, to become an `@example`.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.foreign import plain
from twitter_pipeline.content.weight import normalize
from twitter_pipeline_tests.content import test_fit, test_left_out, test_links, test_markdown, test_thread
from twitter_pipeline_tests.content.scripts import PIECES

#: What sentences are made of, so that texts are also such as people write.
_PROSE = (
    *("the", "cat", "sleeps", "on", "a", "roof", "and", "of", "der", "Hafen", "am", "Abend", "und", "le", "chat", "à"),
    *(
        "猫は",
        "眠る",
        "。",
        "그리고",
        "и",
        "море",
        "في",
        "البحر",
        "कि",
        "ทะเล",
        "12",
        "km",
        "24.",
        "Dezember",
        "5",
        "%",
    ),
    *(
        ". ",
        "! ",
        "? ",
        ", ",
        ": ",
        " – ",
        " (",
        ") ",
        ' "',
        '" ',
        "„",
        "“",
        "»",
        "«",
        "…",
        "\n",
        "\n\n",
        "Mr.",
        "z.B.",
    ),
    *(
        "#cat",
        "#海",
        "@ann",
        "$CATS",
        "https://example.com/a",
        "vs.me",
        "a.co",
        "me@example.com",
        "👉",
        "😍",
        "1,5",
        "8:30",
    ),
)
_SIGNS = ("@", "＠", "#", "＃", "$", "&", "!", ".", "_", " ", "-", "ann", "b", "RT", "1", "é", "日", ".com", "https://")
_ALPHABET = "a.co/:-_@ "
#: Texts that one process looks at before it says so.
_CHUNK = 2_000


def any_text(chance: random.Random) -> str:
    """A text of up to some 1,000 characters: pieces of many scripts, prose, any code points, or parts of links."""
    kind, size = chance.random(), int(chance.expovariate(1 / 25))
    if kind < 0.4:
        return "".join(chance.choices(PIECES, k=size))
    if kind < 0.8:
        joint = chance.choice(("", " ", " "))
        return joint.join(chance.choices(_PROSE, k=size))
    if kind < 0.9:
        planes = ((0x20, 0x7F), (0, 0x3000), (0x3000, 0x10000), (0, 0x110000))
        return "".join(chr(chance.randrange(*chance.choice(planes))) for _ in range(size))
    return "".join(chance.choices(_ALPHABET, k=size))


def words(chance: random.Random) -> str:
    """The same, cleaned as every text is first."""
    return normalize(plain(any_text(chance)))


def style(chance: random.Random) -> Style:
    """Any settings of a source."""
    return Style(
        give_way=chance.choice(list(itertools.permutations(("hashtags", "description", "title")))),
        max_hashtags=chance.choice((None, 0, 1, 4)),
        keep_hashtags=chance.randint(0, 2),
        hashtags_at=chance.choice(("text", "end")),
        mentions=chance.choice(("keep", "strip")),
        accidental_links=chance.choice(("keep", "defuse", "remove")),
        markdown=chance.choice(("keep", "strip")),
        links=chance.choice(("keep", "strip")),
        own_sites=chance.choice(((), ("example.com",))),
        hashtags_to_leave_out=chance.choice(((), ("tag",), ("日本", "word"))),
        languages=chance.choice(((), ("en",), ("de", "ja"), ("ar",))),
    )


def _pieces(*pieces: str) -> Callable[[random.Random], str]:
    return lambda chance: normalize(plain("".join(chance.choices(pieces, k=chance.randint(0, 25)))))


def _no_markdown(chance: random.Random) -> list[tuple[str, str]]:
    signs = chance.choices(test_markdown.NO_MARKDOWN, k=chance.randint(0, 12))
    return [(sign, chance.choice((" ", " word ", ", "))) for sign in signs]


_linked, _signed, _paged = (_pieces(*pieces) for pieces in (test_links._PIECES, _SIGNS, test_markdown.PAGES))
#: Each property, and how what it is asked about is drawn.
PROPERTIES: dict[Callable[..., None], Callable[[random.Random], tuple[Any, ...]]] = {
    test_fit.test_no_text_is_cut_inside_of_what_belongs_together: lambda r: (words(r), r.randint(3, 300)),
    test_fit.test_only_hashtags_at_the_end_are_parted_from_a_text: lambda r: (words(r),),
    test_fit.test_no_mention_is_left_or_made: lambda r: (r.choice((words, _signed))(r),),
    test_fit.test_a_fitted_post_is_never_over_the_limit_and_fitting_it_again_changes_nothing: lambda r: (
        *(words(r), words(r), tuple(words(r)[:30] for _ in range(r.randint(0, 4)))),
        *(style(r), r.randint(2, 300)),
    ),
    test_fit.test_no_word_is_lost_of_which_nothing_is_told: lambda r: (
        *(words(r), words(r), style(r), r.randint(2, 600)),
    ),
    test_left_out.test_none_that_is_left_out_is_found_again: lambda r: (
        words(r),
        r.choices(("tag", "日本", "word", "é", "cat"), k=r.randint(0, 3)),
    ),
    test_left_out.test_with_an_ending_no_post_is_over_the_limit: lambda r: (
        *(any_text(r), any_text(r), r.randint(20, 300)),
    ),
    test_links.test_no_link_is_left_and_no_word_is_new: lambda r: (r.choice((words, _linked))(r),),
    test_markdown.test_a_text_without_markdown_stays_as_it_is: lambda r: (_no_markdown(r),),
    test_markdown.test_of_a_page_no_word_goes_and_no_link_comes: lambda r: (_paged(r),),
    test_markdown.test_only_signs_go: lambda r: (any_text(r),),
    test_thread.test_a_thread_says_every_word_once_and_each_of_its_posts_fits: lambda r: (
        *(words(r), r.randint(31, 300), r.random() < 0.5),
    ),
}
_NAMED = {test.__name__: (test.hypothesis.inner_test, draw) for test, draw in PROPERTIES.items()}  # type: ignore[attr-defined]


def _why_not(name: str, asked: tuple[Any, ...]) -> str | None:
    """How the property fails; None when it holds."""
    try:
        _NAMED[name][0](*asked)
    except Exception as error:  # noqa: BLE001 - whatever it raises is a failure
        return f"{type(error).__name__}: {error}".split("\n")[0]
    return None


def _shortest(name: str, asked: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same failure with less text: parts are taken out, halves first, as long as it fails."""
    for number, value in enumerate(asked):
        if not isinstance(value, (str, list)):
            continue
        size = max(len(value) // 2, 1)
        while size:
            at = 0
            while at < len(value):
                less = value[:at] + value[at + size :]
                if _why_not(name, (*asked[:number], less, *asked[number + 1 :])) is not None:
                    value, asked = less, (*asked[:number], less, *asked[number + 1 :])
                else:
                    at += size
            size //= 2
    return asked


def _look(chunk: tuple[str, str, int]) -> tuple[str, int, str | None]:
    """One chunk of texts: the property, how many they were, and what failed."""
    name, seed, count = chunk
    chance = random.Random(seed)
    for _ in range(count):
        asked = _NAMED[name][1](chance)
        if _why_not(name, asked) is not None:
            asked = _shortest(name, asked)
            return name, count, f"{name}{tuple(map(ascii, asked))}\n  {_why_not(name, asked)}"
    return name, count, None


def _chunks(name: str, count: int, seed: int) -> Iterator[tuple[str, str, int]]:
    for number, begun in enumerate(range(0, count, _CHUNK)):
        yield name, f"{seed} {name} {number}", min(_CHUNK, count - begun)


def main(count: int, seed: int) -> str | None:
    """Look at `count` texts for each property; what is wrong, None when nothing is."""
    failed = 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for name in _NAMED:
            began, found = time.monotonic(), set[str]()
            for _, _, failure in pool.imap_unordered(_look, _chunks(name, count, seed)):
                if failure is not None and failure not in found:
                    found.add(failure)
                    print(failure, flush=True)
            failed += bool(found)
            print(f"{name}: {count:,} texts, {len(found)} failures, {time.monotonic() - began:.0f} s", flush=True)
    return f"{failed} of {len(_NAMED)} properties failed (seed {seed})" if failed else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)))
