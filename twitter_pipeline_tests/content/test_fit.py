"""Fitting: what gives way, where a text ends, and what others' words must not do."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, compose, urls
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.cutting import shorten
from twitter_pipeline.content.fit import Words, fit
from twitter_pipeline.content.foreign import one_cashtag, plain, without_mentions, without_slips
from twitter_pipeline.content.hashtags import at_end
from twitter_pipeline.content.shown import pieces
from twitter_pipeline.content.thread import split
from twitter_pipeline.content.weight import normalize, weighted_length
from twitter_pipeline_tests.content.scripts import texts

#: A few each time, the rest in `make soak`; `make fuzz` draws other ones, a million each (`fuzz`).
FEW, MANY = 200, 9_800


def shortened(text: str, limit: int) -> str | None:
    return shorten(text, lambda shorter: weighted_length(shorter) <= limit, limit)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        # A sentence, if one ends in the second half of the room; then nothing marks the cut.
        ("It sleeps all day. Then it eats the whole fish.", 32, "It sleeps all day."),
        ("It sleeps. Then it eats the whole big fish.", 40, "It sleeps. Then it eats the whole big…"),
        ("Meet Mr. Jones and Dr. Smith today", 17, "Meet Mr. Jones…"),
        ("今日は天気がいいですね。散歩に行きましょう", 30, "今日は天気がいいですね。"),
        # A clause that is near.
        ("In the quiet garden, cats sleep", 27, "In the quiet garden…"),
        # No article, preposition or conjunction dangles, in any language we know.
        ("The end of the city is near", 20, "The end…"),
        ("Am Ende der Straße und der Stadt steht ein Haus", 29, "Am Ende der Straße…"),
        ("Конец города и начало леса уже близко", 17, "Конец города…"),
        # What belongs together stays so.
        ("It is worth 10 000 km of walking", 20, "It is worth…"),
        ("It flew 250 km in one night", 14, "It flew…"),
        ("Cats (all of them) sleep", 16, "Cats…"),
        ('He said "never again" to me', 19, "He said…"),
        ("See #PaperAirplanes today", 14, "See…"),
        ("ask @somebody_else today", 14, "ask…"),
        ("We sat down at example.com/a/b yesterday", 30, "We sat down…"),
        ("カタカナ データベース を使う", 22, "カタカナ…"),
        ("IMG_20240501_1234567.mov", 20, "IMG_20240501_…"),
        # The Arabic number sign spans what is behind it.
        ("The house \u06ddla rest of it", 12, "The house…"),
        ("The house \u06ddla is", 15, "The house \u06ddla…"),
        # What does not fit between quotes or brackets is cut there, rather than all of it left out.
        (
            "He said: “the harbour was quiet in the fog and nobody was there”",
            50,
            "He said: “the harbour was quiet in the fog…",
        ),
        (
            "Lighthouse (which was built of the best stone of the island)",
            45,
            "Lighthouse (which was built of the best…",
        ),
        ('My new 27" monitor stands beside the window below a 32" TV', 40, 'My new 27" monitor stands beside…'),
        (
            "Prices « 30 at the harbour and all over the island are rare, » 50 not",
            50,
            "Prices « 30 at the harbour and all…",
        ),
        # Those of other languages.
        ("Er sagte »nie wieder gehe ich hin« und ging", 25, "Er sagte…"),
        ("Powiedział „nigdy więcej” i wyszedł potem", 22, "Powiedział…"),
        ("Pojken ropade ”aldrig mer” och gick hem", 24, "Pojken ropade…"),
        ("We built ‘Jane’s house’ and it’s old", 22, "We built…"),
        ("We say rock ’n’ roll and it’s all loud", 18, "We say rock ’n’…"),
        ('אומרים ש"ח על השקל ועל צה"ל גם', 22, 'אומרים ש"ח על השקל…'),
        # Nor does what opens a quote dangle, or a sign that stands alone.
        ("Das ist „der beste Film aller Zeiten“, sagt er", 18, "Das ist…"),
        ("Il a vu « le grand film » de Renoir hier", 12, "Il a vu…"),
        ("Cats → dogs and mice", 8, "Cats…"),
        ("Cats = dogs and mice", 8, "Cats…"),
        ("Cats * dogs and mice", 8, "Cats…"),
        ("Il dit « Jamais ! » et il part", 21, "Il dit « Jamais ! »…"),
        # A quoted sentence may be within another.
        ("She said “Never. I won’t!” and left the room", 32, "She said “Never. I won’t!”…"),
        ("彼は「帰る！」と言って部屋を出ていった", 16, "彼は「帰る！」…"),
        # In Thai only spaces, and the vowels that begin a syllable, say where a word may end.
        ("สูงมาก และสร้างขึ้นในปีนี้", 12, "สูงมาก…"),
        ("เมื่อวานเราไปเที่ยวประภาคารเก่า", 10, "เมื่อวาน…"),
        ("เมื่อวานเราไปเที่ยวประภาคารเก่า", 9, "เมื่อวา…"),
        # No line of Japanese begins with a small letter or a full stop, or ends with a small one.
        ("私は行ってきました", 10, "私…"),
        ("行きましょう。そして", 14, "行きましょう。"),
        # What an apostrophe joins goes with a small word, and stays with what is none.
        ("Il dit que c'est la vie en rose", 17, "Il dit…"),
        ("Je sais qu’un jour il est dans la ville", 15, "Je sais…"),
        ("Bu akşam Türkiye'de çok yağmur var ve bir", 21, "Bu akşam Türkiye'de…"),
        # Behind a small word that is gone no abbreviation is left that led to it.
        ("The big cats vs. the small dogs", 22, "The big cats…"),
        ("We like animals, e.g. the cat on it", 27, "We like animals…"),
        # Titles and initials lead to what follows, several, too.
        ("Der Vortrag von Prof. Dr. Meier heute", 26, "Der Vortrag…"),
        ("A book by J. K. Rowling for you", 18, "A book…"),
        ("In Jena mit Dr. h. c. Meier am See", 20, "In Jena…"),
        ("Wir sahen Prof. Dr. med. Schmidt und die anderen", 28, "Wir sahen…"),
        # A full stop within a sentence ends none.
        ("They moved to Albany, N.Y. last year with it", 34, "They moved to Albany, N.Y. last…"),
        # What looks like an initial ends one where the next begins with a small word.
        ("They moved to Washington D.C. The cats came with them", 38, "They moved to Washington D.C."),
        ("Unser Tier hat Hepatitis B. Der Arzt kommt noch vorbei", 32, "Unser Tier hat Hepatitis B."),
        ("This was the Plan B. Nobody liked it very much", 24, "This was the Plan B."),
        ("We filmed it in Los Angeles, CA. My sister was with us", 36, "We filmed it in Los Angeles, CA."),
        ("To jest bardzo dobry lek. Kupiłem go wczoraj w aptece", 30, "To jest bardzo dobry lek."),
        ("Das war die Firma Meier & Co. KG aus Köln", 34, "Das war die Firma Meier & Co. KG…"),
        ("आज डॉ. शर्मा और हम यहाँ हैं", 8, "आज…"),
        # A date is one, and so are a time and a length of two units.
        ("公園は2026年12月24日に開きます", 20, "公園…"),
        ("Nhà này mở ngày 24 tháng 12 năm 2026 và", 30, "Nhà này mở ngày…"),
        ("10 km 20 km 30 km in the fog at sea", 16, "10 km 20 km…"),
        ("He is exactly 5 ft 10 in tall today", 22, "He is exactly…"),
        ("Der Eintritt kostet 5 bis 10 Euro", 26, "Der Eintritt kostet…"),
        ("From the year 2024 to 2026 and on", 24, "From the year 2024…"),
    ],
)
def test_a_text_ends_where_an_editor_would_end_it(text: str, limit: int, expected: str) -> None:
    assert shortened(text, limit) == expected


LONG = Metadata(
    title="Paper planes! #Dream",
    description="They fly far over the sea. Children run after them.",
    hashtags=("#Dream", "＃ｄｒｅａｍ", "#Hope", "#Joy"),
)


@pytest.mark.parametrize(
    ("style", "limit", "text", "gave_way"),
    [
        (
            Style(),
            200,
            "Paper planes! #Dream\n\nThey fly far over the sea. Children run after them.\n\n#Hope #Joy",
            (),
        ),
        (
            Style(max_hashtags=2),
            200,
            "Paper planes! #Dream\n\nThey fly far over the sea. Children run after them.\n\n#Hope",
            ("1 hashtag beyond max_hashtags",),
        ),
        (
            Style(hashtags_at="end"),
            200,
            "Paper planes!\n\nThey fly far over the sea. Children run after them.\n\n#Dream #Hope #Joy",
            (),
        ),
        (
            Style(),
            73,
            "Paper planes! #Dream\n\nThey fly far over the sea. Children run after them.",
            ("2 hashtags",),
        ),
        (
            Style(keep_hashtags=2),
            57,
            "Paper planes! #Dream\n\nThey fly far over the sea.\n\n#Hope",
            ("1 hashtag", "the end of the description"),
        ),
        (
            Style(give_way=("description", "hashtags", "title")),
            63,
            "Paper planes! #Dream\n\nThey fly far over the sea.\n\n#Hope #Joy",
            ("the end of the description",),
        ),
        # Into the room that a cut leaves hashtags come back.
        (
            Style(),
            48,
            "Paper planes! #Dream\n\nThey fly far over the sea.",
            ("2 hashtags", "the end of the description"),
        ),
        (Style(), 8, "Paper…", ("3 hashtags", "the description", "the end of the title")),
    ],
)  # fmt: skip
def test_what_gives_way_is_configured_and_told(style: Style, limit: int, text: str, gave_way: tuple[str, ...]) -> None:
    composed = compose(LONG, template=None, hashtags=(), limit=limit, style=style)
    assert (composed.text, composed.gave_way) == (text, gave_way)


def test_the_words_of_a_template_and_its_link_give_way_last() -> None:
    composed = compose(
        Metadata(title="Paper planes over the sea", description="They fly far.", link="https://example.com/a"),
        template="New: {{ title }} {{ link }}",
        hashtags=(),
        limit=45,
    )
    assert composed.text == "New: Paper planes… https://example.com/a"


def test_nobody_is_pinged_unless_the_source_says_so() -> None:
    metadata = Metadata(title="RT@bob and ＠ann: mail me@example.com", description="https://example.com/@ann @ann.com")
    stripped = compose(metadata, template=None, hashtags=(), style=Style(mentions="strip")).text
    assert stripped == "RTbob and ann: mail me@example.com\n\nhttps://example.com/@ann ann. com"
    assert compose(metadata, template=None, hashtags=(), style=Style(mentions="keep")).text.count("ann") == 3
    assert without_mentions("thanks @ann") == ("thanks ann", 1)


def mentions_in(text: str) -> list[str]:
    return [piece.text for piece in pieces(text) if piece.kind == "mention"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@@ann hi", ("ann hi", 1)),
        ("＠@ann", ("ann", 1)),
        ("RT @@ann", ("RT ann", 1)),
        ("rt@＠@ann, @bob", ("rtann, bob", 2)),
        ("a@@b @ 5 me@example.com", ("a@@b @ 5 me@example.com", 0)),
        ("(#@ann)", ("(ann)", 1)),
        ("$@ann $@@ann &@ann #＠ann", ("ann ann &ann ann", 4)),
    ],
)
def test_signs_before_a_name_all_go(text: str, expected: tuple[str, int]) -> None:
    assert without_mentions(text) == expected
    assert not mentions_in(expected[0])


@pytest.mark.parametrize(
    ("text", "defused", "removed"),
    [
        ("Iron Man vs.me", "Iron Man vs. me", "Iron Man "),
        ("The end.So it is", "The end. So it is", "The  it is"),
        ("am 3.5.in Köln, um 10.30.am Hafen", "am 3.5. in Köln, um 10.30. am Hafen", "am  Köln, um  Hafen"),
        ("vers.2.is out, z.B.in Köln", "vers.2. is out, z.B. in Köln", " out,  Köln"),
        ("Dr.med. Anna seit 2.0.Am Meer", "Dr. med. Anna seit 2.0. Am Meer", ". Anna seit  Meer"),
        ("see example.com, youtu.be/x, example.de", None, None),
        ("http://it.so and www.it.so, www.2.is, abc.co.in", None, None),
    ],
)
def test_a_link_that_nobody_meant_is_none(text: str, defused: str | None, removed: str | None) -> None:
    assert without_slips(text)[0] == (defused or text)
    assert without_slips(text, remove=True)[0] == (removed or text)


def test_a_post_has_one_cashtag() -> None:
    assert one_cashtag("$TWTR and $AAPL for $5, US$") == ("$TWTR and AAPL for $5, US$", 1)
    # Without its sign it is no link either.
    assert one_cashtag("$TWTR, $BRK.B") == ("$TWTR, BRK.B", 1)
    assert one_cashtag("$TWTR, $BRK.B and $SAP.DE") == ("$TWTR, BRK.B and SAP DE", 2)
    assert one_cashtag("$TWTR $SAP.DE.com/x https://a.de") == ("$TWTR SAP DE com/x https://a.de", 1)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u202eb\u2066c\u200bd\u00ade\ufeff", "abcde"),
        ("x\u200dy \u200c \u200d", "xy  "),
        # Joiners that are of the script, and of emoji, stay.
        ("می\u200cخواهم क\u094d\u200dष 👨\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e007f", None),
    ],
)  # fmt: skip
def test_what_is_not_seen_is_taken_out(text: str, seen: str | None) -> None:
    assert plain(text) == (text if seen is None else seen)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        # What a sentence needs.
        ("Mein erster Tag in #Berlin", 0),
        ("Learn #Python", 0),
        ("Part 1 of #Django", 0),
        ("Today I saw a #fox", 0),
        ("Sunset at #Santorini", 0),
        ("Day 3 of #100DaysOfCode", 0),
        ("Le meilleur du #foot", 0),
        ("Un día en #Madrid", 0),
        ("Наш день в #Москва", 0),
        ("今日は #東京", 0),
        ("Winner: #Bayern", 0),
        ("Winners: #Bayern #Dortmund", 0),
        ("Gewinner:\n#Bayern", 0),
        ("Rome, #Italy #summer", 0),
        ("Winner 🏆 #Bayern", 0),
        ("And the winner is… #Bayern", 0),
        ("Bayern vs. #Dortmund", 0),
        ("#cats and #dogs", 0),
        # The first is, the others are not.
        ("Today I saw a #fox #nature #wild", 2),
        ("Mein Tag in #Berlin #Reise", 1),
        ("Une journée à l’ #Annecy #lac", 1),
        ("今日は #東京 #旅行", 1),
        # A tail.
        ("Fog at sea #harbour #night", 2),
        ("It sleeps. #cat", 1),
        ("It sleeps! 😴 #cat", 1),
        ("猫は寝ています。 #猫", 1),
        ("I love this\n#cat", 1),
        ("Wait for it…\n\n#cat #dog", 2),
        ("Wait for it... #cat #dog", 2),
        ("#Berlin", 1),
        ("#Berlin #Reise", 2),
    ],
)
def test_hashtags_that_a_sentence_needs_stay_in_it(text: str, tags: int) -> None:
    body, last = at_end(text)
    assert (len(last), body + "".join(last)) == (tags, text)
    composed = compose(
        Metadata(title=text, description="Es war schön."), template=None, hashtags=(), style=Style(hashtags_at="end")
    )
    moved = " ".join(tag.strip() for tag in last)
    assert composed.text == "\n\n".join(filter(None, (body.strip(), "Es war schön.", moved)))


@pytest.mark.parametrize(
    ("text", "kept"),
    [("A cat #fyp", "A cat"), ("Sunset | #rome #fyp", "Sunset | #rome"), ("I saw a #fyp #x", "I saw a fyp #x")],
)
def test_one_to_leave_out_is_no_word_of_a_sentence(text: str, kept: str) -> None:
    style = Style(hashtags_to_leave_out=("fyp",))
    assert compose(Metadata(title=text), template=None, hashtags=(), style=style).text == kept


UNITS = regex.compile(r"\X")
WHOLE = regex.compile(r"[#＃@＠$][\w]++|\d++(?:[.,]\d++)*")


def never_cut_inside(text: str, limit: int) -> None:
    cut = shortened(text, limit)
    if cut is None:
        return
    assert weighted_length(cut) <= limit
    body = cut.removesuffix("…")
    assert text.startswith(body)
    # Unicode lets some signs join with the space behind them: nobody sees that.
    before_space = text[len(body) : len(body) + 1].isspace()
    ends = {0, *(unit.end() for unit in UNITS.finditer(text))}
    assert before_space or len(body) in ends, "a character as people see it"
    for start, end in (*urls.find(text), *(found.span() for found in WHOLE.finditer(text))):
        # One that is heavier than the limit cannot be whole.
        assert not start < len(body) < end, text[start:end]
    assert cut.count("…") <= body.count("…") + 1


words = texts.map(plain).map(normalize)


def times(test: Callable[..., None]) -> Callable[[int], None]:
    """The property `test` as a test: a few texts in `make test`, many in `make soak`."""

    @pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=[pytest.mark.soak, pytest.mark.timeout(0)])])
    @functools.wraps(test)
    def counted(count: int) -> None:
        settings(max_examples=count)(test)()

    del counted.__wrapped__  # or pytest asks for the property's own arguments
    return counted


@times
@given(words, st.integers(3, 300))
def test_no_text_is_cut_inside_of_what_belongs_together(text: str, limit: int) -> None:
    never_cut_inside(text, limit)


@times
@given(words)
def test_only_hashtags_at_the_end_are_parted_from_a_text(text: str) -> None:
    body, last = at_end(text)
    assert body + "".join(last) == text


@pytest.mark.timeout(100)
@pytest.mark.parametrize("part", ["#@", "@", "rt@", "＃@", "@a", "@a.", "#a "])
def test_mentions_and_hashtags_take_linear_time_whatever_a_sidecar_holds(part: str) -> None:
    without_mentions(f"{part * 100_000} ")
    at_end(part * 100_000)


signs = st.lists(st.sampled_from([*"@＠#＃$&!._ -", "ann", "b", "RT", "1", "é", "日", ".com", "https://"]), max_size=14)


@times
@given(signs.map("".join))
def test_no_mention_is_left_or_made(text: str) -> None:
    text = normalize(plain(text))
    assert not mentions_in(without_mentions(text)[0])


styles = st.builds(
    Style,
    give_way=st.permutations(["hashtags", "description", "title"]).map(tuple),
    max_hashtags=st.none() | st.integers(0, 4),
    keep_hashtags=st.integers(0, 2),
    hashtags_at=st.sampled_from(["text", "end"]),
    mentions=st.sampled_from(["keep", "strip"]),
    accidental_links=st.sampled_from(["keep", "defuse", "remove"]),
    markdown=st.sampled_from(["keep", "strip"]),
    links=st.sampled_from(["keep", "strip"]),
    own_sites=st.sampled_from([(), ("example.com",)]),
    hashtags_to_leave_out=st.sampled_from([(), ("tag",), ("日本", "word")]),
    languages=st.sampled_from([(), ("en",), ("de", "ja"), ("ar",)]),
)


@times
@given(words, words, st.lists(words, max_size=4).map(tuple), styles, st.integers(2, 300))
@example("$a.b $c", "@a.com", ("#x", "＃X"), Style(mentions="strip"), 280)
def test_a_fitted_post_is_never_over_the_limit_and_fitting_it_again_changes_nothing(
    title: str, description: str, hashtags: tuple[str, ...], style: Style, limit: int
) -> None:
    composed = compose(
        Metadata(title=title, description=description, hashtags=hashtags),
        template=None,
        hashtags=(),
        limit=limit,
        style=style,
    )
    assert composed.weight == weighted_length(composed.text) <= limit
    again = fit(Words(composed.text, "", 0, lambda title, *_: title), limit)
    assert (again.text, again.weight, again.gave_way) == (composed.text, composed.weight, ())


WORD = regex.compile(r"[\p{L}\p{Nd}]++")


def words_in(text: str) -> set[str]:
    """In one form: a hashtag that stands twice is one to X, in whatever case and width."""
    seen = text.replace("\u200c", "").replace("\u200d", "")
    return set(WORD.findall(unicodedata.normalize("NFKC", seen).casefold()))


@times
@given(words, words, styles, st.integers(2, 600))
def test_no_word_is_lost_of_which_nothing_is_told(title: str, description: str, style: Style, limit: int) -> None:
    composed = compose(
        Metadata(title=title, description=description), template=None, hashtags=(), limit=limit, style=style
    )
    if not composed.gave_way:
        assert words_in(f"{title}\n{description}") <= words_in(composed.text)


def examples_of(name: str) -> list[tuple[str, ...]]:
    page = (Path(__file__).parents[2] / "docs" / "text.md").read_text("utf-8")
    rows = page.split(f"<!-- {name} -->\n")[1].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip().strip("`") for cell in row.strip("|").split(" | ")) for row in rows]


def test_the_examples_of_the_page_are_what_happens() -> None:
    for text, weight, _ in examples_of("weights"):
        assert weighted_length(text) == int(weight), text
    for before, after in examples_of("cleaned"):
        composed = compose(Metadata(title=before), template=None, hashtags=(), style=Style(mentions="strip"))
        assert composed.text == after
    for before, after in examples_of("stripped"):
        assert compose(Metadata(title=before), template=None, hashtags=(), style=Style(links="strip")).text == after
    for before, after in examples_of("markdown"):
        style = Style(markdown="strip", links="strip")
        assert compose(Metadata(title=before), template=None, hashtags=(), style=style).text == after
    for title, after in examples_of("tails"):
        metadata, style = Metadata(title=title, description="Es war schön."), Style(hashtags_at="end")
        assert compose(metadata, template=None, hashtags=(), style=style).text == after.replace(" / ", "\n\n")
    for text, room, becomes in examples_of("shortened"):
        assert shortened(text, int(room)) == becomes
    for text, limit, becomes in examples_of("threads"):
        found = split(text, int(limit), most=10, numbered=True)
        assert ", ".join(f"`{one}`" for one in found.texts) == f"`{becomes}`"
