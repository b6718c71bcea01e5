"""docs/architecture.md shows the life of a task as the code has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twitter_pipeline.store.status import TRANSITIONS

_PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def section() -> str:
    """The section about the life of a task."""
    match = re.search(r"^## The life of a task$(.*?)(?=^## |\Z)", _PAGE.read_text(encoding="utf-8"), re.S | re.M)
    assert match is not None, f"{_PAGE.name} has no section 'The life of a task'"
    return match[1]


def _words(cell: str) -> frozenset[str]:
    return frozenset(cell.strip().split(", "))


def test_its_table_is_the_table_of_the_code(section: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| (\w+) \| ([\w, ]+) \|$", section, re.M)
    assert len(rows) == len({event for event, *_ in rows})
    assert {event: (_words(froms), to, _words(who)) for event, froms, to, who in rows} == {
        event.value: (frozenset(status.value for status in row.froms), row.to.value, frozenset(row.who))
        for event, row in TRANSITIONS.items()
    }


def test_its_drawing_has_an_arrow_for_each_move_and_no_other(section: str) -> None:
    arrows = re.findall(r"^ +(\w+) --> (\w+): (\w+)$", section, re.M)
    assert sorted(arrows) == sorted(
        (status.value, row.to.value, event.value) for event, row in TRANSITIONS.items() for status in row.froms
    )
