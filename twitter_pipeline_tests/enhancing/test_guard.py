"""What counts as pinging somebody new, or leading somewhere new."""

from __future__ import annotations

import pytest

from twitter_pipeline.enhancing.guard import added


@pytest.mark.parametrize(
    ("text", "original"),
    [
        ("A cat sleeps.", ""),
        ("By @Ann", "by @ann, of course"),
        ("Look: Example.com/Cats", "https://example.com/Cats/ has more"),
        ("https://example.com/a.", "https://example.com/a"),
        ("3.5 km in 2.5h, e.g. at 7 a.m. … in the U.S.", ""),
        ("#cats ❤", "cats"),
        ("Mail me@evil.com, not @ann.", "Ask @ann, or me@evil.com."),
        ("Node.js/Deno, in short", "About (Node.js)."),
        ("see example.com/@ann", "example.com/@ann has more"),
        ("On https://intranet/@ann.", "https://intranet/@ann"),
        ("Why $cat fell", "About $CAT"),
        ("A$AP paid US$5 ($CAT)", ""),
    ],
)
def test_nothing_is_added(text: str, original: str) -> None:
    assert added(text, original) is None


@pytest.mark.parametrize(
    ("text", "original", "what"),
    [
        ("By @ann", "by ann", "@ann"),
        ("By @anna", "by @ann", "@anna"),
        ("＠ann", "", "@ann"),
        ("a@ann", "", "@ann"),
        ("see example.com", "see it", "example.com"),
        ("see https://example.com/b", "https://example.com/a", "example.com/b"),
        ("see https://example.com/A", "https://example.com/a", "example.com/A"),
        ("see example.com", "https://example.com/a", "example.com"),
        ("see evil.photography", "", "evil.photography"),
        ("see https://intranet/x", "", "intranet/x"),
        ("看evil.comと", "", "evil.com"),
        ("see 例え.中国", "", "例え.中国"),
        ("By @evil", "Write to me@evil.com", "@evil"),
        ("see evil.com", "Write to me@evil.com", "evil.com"),
        ("Mail you@evil.com", "Write to me@evil.com", "@evil"),
        ("By @ann", "example.com/@ann", "@ann"),
        ("Buy $EVIL", "Buy EVIL", "the cashtag $EVIL"),
    ],
)
def test_what_is_added_is_named(text: str, original: str, what: str) -> None:
    said = added(text, original)
    assert said is not None
    assert what in said
