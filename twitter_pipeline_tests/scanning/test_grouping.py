"""Which names belong together, in which order, and what pictures make up."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.scanning.grouping import arrange, group_of, natural_order


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("trip_1.jpg", "trip"),
        ("trip-1.JPG", "trip"),
        ("trip 12.png", "trip"),
        ("trip (3).png", "trip"),
        ("trip(3).png", "trip"),
        ("day2_01.png", "day2"),
        ("v1.2_3.png", "v1.2"),
        (unicodedata.normalize("NFD", "Füße_1.png"), "Füße"),
        ("trip.jpg", None),
        ("trip1.jpg", None),
        ("IMG_2041.jpg", None),
        ("2026-11-24.jpg", None),
        ("harbour 2026-11-24.jpg", None),
        ("_1.jpg", None),
        ("1.jpg", None),
        ("trip_1", "trip"),
    ],
)
def test_what_a_numbered_file_belongs_to(name: str, group: str | None) -> None:
    assert group_of(name) == group


def test_names_are_sorted_as_people_count() -> None:
    names = ["10.jpg", "2.jpg", "a10.jpg", "A2.jpg", "1.jpg", "a.jpg", "2b.jpg"]
    assert sorted(names, key=natural_order) == ["1.jpg", "2.jpg", "2b.jpg", "10.jpg", "A2.jpg", "a10.jpg", "a.jpg"]


@pytest.mark.parametrize(
    ("there", "present", "made"),
    [
        ([], "", []),
        ([], "abc", [(None, "abc")]),
        ([], "abcdefghi", [(None, "abcd"), (None, "efgh"), (None, "i")]),
        ([("x", "bc")], "abc", [("x", "abc")]),
        ([("x", "bcde")], "abcdef", [("x", "bcde"), (None, "af")]),
        ([("x", "abc"), ("y", "d")], "acde", [("x", "ace"), ("y", "d")]),
        ([("x", "ab"), ("y", "c")], "c", [("y", "c")]),
        ([("x", "ab")], "cd", [("x", "cd")]),
    ],
)
def test_what_pictures_make_up(there: list[tuple[str, str]], present: str, made: list[tuple[str | None, str]]) -> None:
    arranged = arrange([(key, tuple(files)) for key, files in there], tuple(present))
    assert [(key, "".join(files)) for key, files in arranged] == made


@given(data=st.data())
def test_whatever_comes_and_goes_each_picture_is_in_one_item_of_four_at_most(data: st.DataObject) -> None:
    files = data.draw(st.permutations("abcdefghijkl"))
    there: list[tuple[str, tuple[str, ...]]] = []
    for key in "xyz":
        count = data.draw(st.integers(0, 4))
        if count:
            there.append((key, tuple(files[:count])))
            files = files[count:]
    present = sorted(data.draw(st.sets(st.sampled_from("abcdefghijkl"))))
    made = arrange(there, present)
    assert sorted(file for _, held in made for file in held) == present
    assert all(1 <= len(held) <= 4 and list(held) == sorted(held) for _, held in made)
    for key, before in there:
        assert set(before) & set(present) <= {file for made_key, held in made if made_key == key for file in held}
    again = [(key or f"new {number}", held) for number, (key, held) in enumerate(made)]
    assert arrange(again, present) == again
