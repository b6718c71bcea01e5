"""What templates can show and do beside Jinja2: the page about them, dates, and words that go with the limit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, TemplateError, compose, dates
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.environment import LEFT_OUT
from twitter_pipeline.content.filters import FILTERS
from twitter_pipeline.content.template import check, names_in, render
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline_tests.content.scripts import texts

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
FACTS = {"_zone": "Europe/Berlin", "_language": "de"}


def rows(name: str) -> list[tuple[str, str]]:
    """The rows of a table of the page, without its code marks."""
    lines = PAGE.split(f"<!-- {name} -->\n")[1].split("\n\n")[0].splitlines()[2:]
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines]
    return [(one.strip("`").replace(r"\|", "|"), other.strip("`").replace(r"\|", "|")) for one, other in cells]


def example() -> Metadata:
    (written,) = re.findall(r"<!-- metadata -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    return Metadata.from_dict({**json.loads(written), "facts": FACTS})


@pytest.mark.parametrize(("template", "expected"), rows("filters"))
def test_every_example_of_the_page_is_what_is_posted(template: str, expected: str) -> None:
    assert compose(example(), template=template, hashtags=(), style=Style(markdown="strip")).text == expected


@pytest.mark.parametrize(("template", "expected"), rows("errors"))
def test_every_mistake_of_the_page_is_told_so(template: str, expected: str) -> None:
    with pytest.raises(TemplateError) as error:
        compose(example(), template=template, hashtags=())
    assert str(error.value) == expected


def test_the_page_shows_every_filter_and_every_language() -> None:
    shown = " ".join(template for template, _ in rows("filters"))
    assert [name for name in FILTERS if not re.search(rf"\| {name}\b", shown)] == []
    assert ", ".join(dates.languages()) in " ".join(PAGE.split())
    assert ", ".join(f"`{name}`" for name in sorted(LEFT_OUT)) in " ".join(PAGE.split())


def test_a_wrong_filter_within_a_branch_is_told_when_it_is_taken() -> None:
    with pytest.raises(TemplateError, match=r"line 2: no filter is called 'sentence'; did you mean 'sentences'\?"):
        compose(Metadata(title="A"), template="{% if title %}\n{{ title | sentence }}{% endif %}", hashtags=())
    with pytest.raises(TemplateError, match=r"'zzz'; there are Jinja2's, and first_sentence, sentences, "):
        compose(Metadata(title="A"), template="{{ title | zzz }}", hashtags=())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-24T23:30:00Z", "2026-11-25 00:30"),
        ("2026-11-24T23:30:00.1234567+00:00", "2026-11-25 00:30"),
        ("2026-11-24T23:30:00.5+0900", "2026-11-24 15:30"),
        ("2026-11-24 23:30", "2026-11-24 23:30"),
        ("2026:11:24 18:05:09", "2026-11-24 18:05"),
        ("20261124", "2026-11-24 00:00"),
        (1_700_000_000, "2023-11-14 23:13"),
        ("1700000000", "2023-11-14 23:13"),
        (1_700_000_000_000, "2023-11-14 23:13"),
        ({"timestamp": "1700000000", "formatted": "whatever"}, "2023-11-14 23:13"),
        ("", ""),
        (None, ""),
    ],
)
def test_dates_as_programs_write_them(value: Any, expected: str) -> None:
    assert dates.write(value, "%Y-%m-%d %H:%M", zone="Europe/Berlin", language="en") == expected


@pytest.mark.parametrize("value", ["soon", "2026-13-01", "20261340", True, [], "9" * 400, {"timestamp": "x"}])
def test_what_is_no_date_is_said_to_be_none(value: Any) -> None:
    with pytest.raises(ValueError, match="is no date or time"):
        dates.write(value, "%d", zone="UTC", language="en")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("20260131", "2026-01-31"),
        ("2026-01-31", "2026-01-31"),
        ("2026:01:31 10:00:00", "2026-01-31T10:00:00"),
        ("2026-01-31T10:00:00.123Z", "2026-01-31T10:00:00+00:00"),
        (1_700_000_000_000.0, "2023-11-14T22:13:20+00:00"),
        ("2026-01-31 around noon", "2026-01-31"),
        ("2026-01-31 10:00:00 UTC", "2026-01-31"),
        ("2026-01-31T10:00:00 PDT", "2026-01-31"),
        ("2026-02-31", ""),
        ("2026-02-31 10:00:00 UTC", ""),
        ("2026-01-310 or so", ""),
        ("\uff12\uff10\uff12\uff16-01-31", ""),
        ("\uff11700000000", ""),
        ("soon", ""),
    ],
)
def test_a_date_of_a_sidecar_is_kept_where_the_filter_can_read_it(value: Any, kept: str) -> None:
    extra = fields.foreign(title="Cat", date=value).extra
    assert extra.get("date", "") == kept
    assert dates.write(extra.get("date"), "%Y", zone="UTC", language="en") == kept[:4]


def test_every_language_has_twelve_months_and_seven_days() -> None:
    for language in dates.languages():
        months = {dates.write(f"2026{month:02}01", "%B", zone="UTC", language=language) for month in range(1, 13)}
        days = {dates.write(f"202611{day:02}", "%A", zone="UTC", language=language) for day in range(1, 8)}
        assert (len(months), len(days)) == (12, 7), language


def test_hashtags_that_a_filter_leaves_out_join_the_list() -> None:
    metadata = Metadata(title="Up", description="It flies. It lands. #Sky #Air", hashtags=("sky", "wind"))
    template = "{{ description | first_sentence }} {{ hashtags }}"
    assert compose(metadata, template=template, hashtags=()).text == "It flies. #Sky #Air #wind"
    assert compose(metadata, template="{{ description }} {{ hashtags }}", hashtags=()).text == (
        "It flies. It lands. #Sky #Air #wind"
    )


def test_words_that_a_filter_shortens_still_give_way_to_the_limit() -> None:
    metadata = Metadata(title="Up", description="It flies over the old town. It lands.", hashtags=("sky",))
    composed = compose(metadata, template="{{ description | first_sentence }} {{ hashtags }}", hashtags=(), limit=20)
    assert (composed.text, composed.gave_way) == ("It flies… #sky", ("the end of the description",))


@pytest.mark.parametrize("name", ["keywords", "extra", "facts"])
def test_no_field_of_foreign_metadata_pings_a_stranger(name: str) -> None:
    said: dict[str, Any] = {"keywords": ("by @ann",), "extra": {"by": ["by @ann"]}, "facts": {"by": "by @ann"}}
    template = {"keywords": "{{ keywords[0] }}", "extra": "{{ extra.by[0] }}", "facts": "{{ by }}"}[name]
    composed = compose(Metadata(**{name: said[name]}), template=template, hashtags=(), style=Style(mentions="strip"))
    assert composed.text == "by ann"


def test_what_a_template_names_is_known_without_rendering_it() -> None:
    assert {"media", "date"} <= names_in("{% if x %}{{ media.exif.taken | date }}{% endif %}")
    assert names_in("{{ title") == frozenset()


@given(texts, st.sampled_from([*(set(FILTERS) - {"date", "words", "shorten"}), "words(3)", "shorten(20)"]))
def test_a_filter_takes_whatever_text_there_is(text: str, name: str) -> None:
    once = render(f"{{{{ text | {name} }}}}", {"text": text})
    assert len(once) <= len(text) + len("…") + text.count("#") + text.count("＃")


@pytest.mark.timeout(100)
@pytest.mark.parametrize("part", ["*a ", "[a](", "**a", "`a", "a.b.", "#a", "a. ", "(", "\u0301\u0327"])
def test_a_filter_ends_soon_whatever_a_sidecar_holds(part: str) -> None:
    for name in (*(set(FILTERS) - {"date", "words", "shorten"}), "words(9)", "shorten(99)"):
        render(f"{{{{ text | {name} }}}}", {"text": part * 100_000})


#: Variables of two items; more than these names no item has.
SAMPLES = [
    {"title": "A", "keywords": ["b"], "extra": {"summary": "C"}, "media": {"exif": {"camera": ""}}},
    {"title": "", "keywords": [], "extra": {}, "media": {"exif": {"camera": ""}}},
]


@pytest.mark.parametrize(
    ("template", "mistake"),
    [
        ("{{ title }}\n{{ titel }}", "line 2: 'titel' is undefined; did you mean 'title'?"),
        ("{% if not title %}\n{{ titel }}{% endif %}", "line 2: 'titel' is undefined; did you mean 'title'?"),
        ("{% if 0 %}\n\n{{ title | sentence }}{% endif %}", "line 3: no filter is called 'sentence'; did you mean"),
        ("{{ media.exif.camra }}", "line 1: there is no 'camra' in 'media.exif'; did you mean 'camera'?"),
        ("{{ keywords | words(3) }}", "line 1: this filter is for a text, and here is a list"),
        ("{{ title }}\n{% if title %}", "line 2: Unexpected end of template"),
        ("{{ title }}{{ 1 / 0 }}", "line 1: division by zero"),
    ],
)
def test_a_mistake_is_found_before_there_is_an_item(template: str, mistake: str) -> None:
    with pytest.raises(TemplateError) as error:
        check(template, SAMPLES)
    assert str(error.value).startswith(mistake)


@pytest.mark.parametrize(
    "template",
    [
        "{{ extra.summary }}{{ extra.price }}",
        "{{ title | date }}",
        "{{ title.split(' - ')[1] }}",
        "{{ subtitle | default(title) }}{% if author is defined %}{{ author }}{% endif %}",
        "{% for word in keywords %}{{ loop.index }} {{ word }}{% endfor %}{% set it = title %}{{ it }}",
        "{{ range(2) | list }}{% if media.items() %}{{ media.exif.camera }}{% endif %}",
    ],
)
def test_what_some_item_may_be_on_x_with_is_no_mistake(template: str) -> None:
    check(template, SAMPLES)
