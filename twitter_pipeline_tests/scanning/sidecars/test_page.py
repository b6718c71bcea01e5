"""docs/sidecars.md against the readers: every kind with its names and fields, and the reader it shows works."""

from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata, compose
from twitter_pipeline.scanning.sidecars import finder
from twitter_pipeline.scanning.sidecars.reader import Reader
from twitter_pipeline.scanning.sidecars.readers import READERS
from twitter_pipeline_tests.scanning.sidecars.beside import understood

PAGE = (Path(__file__).parents[3] / "docs" / "sidecars.md").read_text(encoding="utf-8")


def code(mark: str) -> str:
    (found,) = re.findall(rf"<!-- {mark} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    return found


def row(reader: Reader) -> str:
    """The row that belongs on the page."""
    examples, fields = (", ".join(f"`{one}`" for one in names) for names in (reader.EXAMPLES, reader.FIELDS))
    return f"| `{reader.KIND}` | {examples} | {fields} |"


def test_every_kind_is_on_the_page_in_its_order() -> None:
    table = PAGE.split("| what is read |\n|---|---|---|\n")[1].split("\n\n")[0]
    assert table.splitlines() == [row(reader) for reader in READERS]


def test_the_table_on_the_page_is_read(tmp_path: Path) -> None:
    (table,) = re.findall(r"<!-- table -->\n(.*?)\n\n", PAGE, re.DOTALL)
    head, _, line = (re.sub(r"\s*\|\s*", "|", row).strip("|").replace("`", "") for row in table.splitlines())
    files = {"posts.csv": f"{head}\n{line}"}
    assert understood(tmp_path, "a.mp4", files) == Metadata("The cat", "It sleeps.", ("cat", "nap"))
    german = understood(tmp_path, "a.mp4", files, language="de")
    assert german is not None
    assert german.title == "Die Katze"


def test_the_reader_on_the_page_passes_its_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader: Any = types.ModuleType("cam")
    exec(code("reader"), reader.__dict__)  # noqa: S102 - of a page of ours
    monkeypatch.setattr(finder, "READERS", (*READERS[:1], reader, *READERS[1:]))
    named: dict[str, Any] = {"Path": Path, "Metadata": Metadata, "understood": understood}
    exec(code("test"), named)  # noqa: S102
    named["test_its_note_is_the_description"](tmp_path)
    assert reader.claims(reader.EXAMPLES[0])


def test_the_template_on_the_page_does_with_and_without_an_author() -> None:
    (template,) = re.findall(r"^    (\{\{ title \}\}.*)$", PAGE, re.MULTILINE)
    said = [
        compose(Metadata(title="Sea", extra=extra), template=template, hashtags=()).text
        for extra in ({"author": "Ann"}, {})
    ]
    assert said == ["Sea (by Ann)", "Sea"]
