"""Captions as programs write them, and what is wrong with those that cannot be used."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.media import MediaRefused
from twitter_pipeline.media.captions import read
from twitter_pipeline.sandbox.captions import type_of
from twitter_pipeline_tests.support.quickness import assert_quick

SRT = "1\n00:00:00,000 --> 00:00:01,500\nA cat naps.\n\n2\n00:00:01,500 --> 00:01:02,005\n<i>It</i> wakes\nup.\n"


def refusal(content: str | bytes) -> str:
    with pytest.raises(MediaRefused) as refused:
        read(content if isinstance(content, bytes) else content.encode())
    return str(refused.value)


def test_subrip_comes_out_as_it_went_in() -> None:
    captions = read(SRT.encode())
    assert captions.media_type == "text/srt"
    assert captions.content().decode() == SRT


@pytest.mark.parametrize(
    "content",
    [
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        SRT.encode("utf-16-le"),
        b"\xfe\xff" + SRT.encode("utf-16-be"),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace("\n", "\r").encode(),
        SRT.replace(",", ".").encode(),
        SRT.replace("00:00:", "0:").replace("00:01:", "1:").encode(),
        SRT.replace(" --> ", "-->").encode(),
        SRT.replace(" --> ", " -> ").encode(),
        SRT.replace("01,500", "01,5").encode(),
        SRT.replace("1\n00", "00").replace("2\n00", "00").encode(),
        SRT.replace("\n\n", "\n").encode(),
        SRT.replace("2\n", "7\n").encode(),
        SRT.replace("A cat", " A cat").replace("naps.", "naps. ").encode(),
        (SRT + "\n3\n").encode(),
        (SRT + "\n3\n00:02:00,000 --> 00:02:01,000\n").encode(),
        (SRT + "\n3\n00:02:00,000 --> 00:02:00,000\nno time at all\n").encode(),
    ],
)
def test_what_means_the_same_is_uploaded_as_the_same(content: bytes) -> None:
    assert read(content).content().decode() == SRT


def test_webvtt_keeps_where_words_stand_and_loses_notes_and_styles() -> None:
    captions = read(
        b"\xef\xbb\xbfWEBVTT - cats\nKind: captions\n\nNOTE\nnot to be shown\n\nSTYLE\n::cue { color: red }\n\n"
        b"intro\n00:00.000 --> 00:01.500 align:start position:10% x:y\nA <b>cat</b>\nnaps.\n\nNOTE one more\n\n"
        b"00:00:01.500 --> 01:00:02.000\nIt wakes.\n"
    )
    assert captions.media_type == "text/vtt"
    assert captions.content().decode() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500 align:start position:10%\nA <b>cat</b>\nnaps.\n\n"
        "00:00:01.500 --> 01:00:02.000\nIt wakes.\n"
    )


def test_words_with_an_arrow_and_numbers_stay_words() -> None:
    words = "10 -> 20\n\nnobody --> nothing\n42\n"
    captions = read(f"1\n00:00:00,000 --> 00:00:01,500\n{words}\n2\n00:00:02,000 --> 00:00:03,000\n7\n".encode())
    assert [cue.lines for cue in captions.cues] == [["10 -> 20", "nobody --> nothing", "42"], ["7"]]
    assert b"nobody \xe2\x86\x92 nothing" in captions.content()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it holds no captions"),
        ("<!doctype html><title>404</title>", "it holds no captions"),
        ("WEBVTT\n\nNOTE nothing yet\n", "it holds no captions"),
        ("1\n00:00:00,000 --> 00:00:01,000\n\n", "it holds no captions"),
        (SRT.replace("00:01:02,005", "00:01:0x,005"), "line 6: no times such as 00:00:01,000 --> 00:00:02,500"),
        (SRT.replace("00:00:01,500 --> 00:01", "00:O0:01,500 --> 00:01"), "line 6: no times such as"),
        (
            SRT.replace("00:01:02,005", "00:00:01,000"),
            "line 6: it ends before it begins: 00:00:01,500 --> 00:00:01,000",
        ),
        (SRT.replace("00:01:02,005", "00:61:02,005"), "line 6: minutes and seconds end at 59"),
        (SRT.replace("wakes", "w\xe4kes").encode("latin-1"), "line 7: it is no text in UTF-8 Save the file as UTF-8."),
        (b"\xff\xfe" + SRT.encode("utf-16-le") + b"\x00", "it is no text in UTF-16"),
        (SRT * 6000, "captions 524,288 at most"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(content: str | bytes, words: str) -> None:
    assert words in refusal(content)


#: What captions are made of, in any order.
PIECES = st.sampled_from(
    [
        *("00:00:01,000", "00:00:02.5", "1:02", "99:99", " --> ", "-->", " -> ", "a --> b", "10 -> 20"),
        *("\n", "\r\n", "\n\n", "\0", "\u2028", "\ufeff", " ", "\t", "1", "42", "WEBVTT", "NOTE", "Hello", "line:5%"),
    ]
)


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=30).map("".join).map(str.encode)))
def test_whatever_the_bytes_they_are_captions_or_refused(content: bytes) -> None:
    try:
        captions = read(content)
    except MediaRefused:
        return
    made = captions.content()
    assert read(made).content() == made
    assert type_of(made) == captions.media_type  # the judge takes all that is made


@pytest.mark.parametrize("piece", ["1", " ", "0:", "-->", "--> ", "00:00:00,000 -->", "\n", "1\n", "::>"])
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    def read_all() -> None:
        for head in ("", "WEBVTT\n\n", "00:00:00,000 --> 00:00:01,000\n"):
            with contextlib.suppress(MediaRefused):
                read((head + piece * (500_000 // len(piece))).encode())

    assert_quick(read_all, 5)
