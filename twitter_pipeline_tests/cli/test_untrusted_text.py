"""What stands in sidecars and in files' names is text: it can forge no line, move no cursor and lead to no file."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.table import Table
from rich.text import Text

from twitter_pipeline.cli import output
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]

FORGED = "cat\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\n12:00:00 posted  everything [red]no[/red] {{ 7 * 191 }} $(id)"
OBEYED = ("\x1b", "\x07", "\x9b", "\u202e", "\r")


@given(st.text("[]/red\x1b\x9b\x07\r\n;mJ0{}", max_size=40))
def test_a_table_shows_text_and_obeys_none_of_it(text: str) -> None:
    shown = output.console()
    shown.file = io.StringIO()
    table = Table("item", box=None)
    table.add_row(Text(text))
    shown.print(table)
    shown.print(text, markup=False)
    said = shown.file.getvalue()
    assert not any(sign in said for sign in OBEYED)


@given(st.text())
def test_an_answer_in_json_stays_the_same_and_moves_no_cursor(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr(output.typer, "echo", said.append)
        output.print_json({"title": text})
    assert json.loads(said[0]) == {"title": text}
    assert not any(sign in said[0] for sign in (*OBEYED, "\x7f"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_command_obeys_a_files_name_or_its_words(world: MakeWorld, command: WithWorld) -> None:
    here = world(stable_for="0 s")
    name = FORGED.replace("/", "|")
    here.put(f"{name}.mp4")
    here.put("two.mp4", title=FORGED, description=FORGED, hashtags=[FORGED], alt_text=FORGED)
    here.put("broken.mp4").with_suffix(".json").write_text("{")
    here.scan()
    key = here.tasks()[0].partition_key
    assert key.replace("-", "").isalnum()
    for words in ("status", f"log {key}", "preview --all", "scan", f"publish {key} --dry-run", "log 2"):
        said = command(here)(*words.split())
        shown = said.out + said.err
        assert not any(sign in shown for sign in OBEYED), words
        assert not any(line.startswith("12:00:00") for line in shown.splitlines()), words
        assert "1337" not in shown


ELSEWHERE = (
    "http://127.0.0.1:{port}/cat.mp4",
    "file:///etc/hostname",
    "//127.0.0.1:{port}/cat.mp4",
    "../outside.mp4",
    "{outside}",
    "/etc/hostname",
    "~/.ssh/id_rsa",
    "\\\\127.0.0.1\\share\\cat.mp4",
)


FIELDS = ("media", "path", "file", "url", "image", "video", "media_url", "thumbnail", "src")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_address_and_no_path_in_metadata_is_ever_followed(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = world(stable_for="0 s", metadata_wait="0 s")
    outside = here.put("outside.mp4", title="Outside").rename(tmp_path / "outside.mp4")
    (here.folder / "outside.json").unlink()
    opened: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    named = [each.format(port=listener.getsockname()[1], outside=outside) for each in ELSEWHERE]
    for number, each in enumerate(named):
        fields = dict.fromkeys(FIELDS, each)
        here.put(f"clip{number}.mp4", title=f"Clip {number}", link=each, **fields)
    # As the names of a batch file's entries, too.
    (here.folder / "en_batch.json").write_text(json.dumps({each: {"title": each} for each in named}))
    asked = {here.sandbox.url.rpartition(":")[2]}
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and str(address[1]) not in asked:
            opened.append(f"{address}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    here.scan()
    tasks = here.tasks()
    assert sorted(task.media_path for task in tasks) == [f"clip{number}.mp4" for number in range(len(named))]
    for task in tasks:
        here.publish(task)
    assert {task.status for task in here.tasks()} == {Status.COMPLETED}
    assert opened == []
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()
