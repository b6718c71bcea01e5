"""The log of a command that stays: structured, for people on the console, without secrets."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from twitter_pipeline.cli.logs import LogFile, logging_to
from twitter_pipeline.config.redaction import Redact

_log = logging.getLogger("twitter_pipeline.tests")


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Console]:
    """A home with a logs folder, and a console to read back."""
    (tmp_path / "logs").mkdir()
    return tmp_path, Console(file=io.StringIO(), width=200)


def _lines(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "logs" / "twitter-pipeline.log").read_text().splitlines()]


def test_a_line_is_json_with_the_item_it_speaks_of(written: tuple[Path, Console]) -> None:
    home, console = written
    with logging_to(home, console, Redact([])):
        _log.info("posted %s", "it", extra={"item": "cat-1", "task": 7})
    (line,) = _lines(home)
    assert line["message"] == "posted it"
    assert (line["item"], line["task"], line["level"]) == ("cat-1", 7, "info")
    assert line["time"].endswith("+00:00")
    assert console.file.getvalue().endswith(" posted it\n")  # type: ignore[attr-defined]


def test_secrets_stand_neither_in_messages_nor_in_tracebacks(written: tuple[Path, Console]) -> None:
    home, console = written
    with logging_to(home, console, Redact(["s3cret"])):
        try:
            raise ValueError("the key s3cret is refused")
        except ValueError:
            _log.exception("signing with %s failed", "s3cret")
    assert "s3cret" not in (home / "logs" / "twitter-pipeline.log").read_text()
    assert "s3cret" not in console.file.getvalue()  # type: ignore[attr-defined]
    (line,) = _lines(home)
    assert line["message"] == "signing with *** failed"
    assert "the key *** is refused" in line["traceback"]


def test_nothing_is_logged_once_the_command_is_over(written: tuple[Path, Console]) -> None:
    home, console = written
    with logging_to(home, console, Redact([])):
        pass
    _log.info("afterwards")
    assert _lines(home) == []


def test_markup_in_a_message_stays_text(written: tuple[Path, Console]) -> None:
    home, console = written
    with logging_to(home, console, Redact([])):
        _log.info("found [bold]cat[/nonsense].mp4")
    assert "found [bold]cat[/nonsense].mp4" in console.file.getvalue()  # type: ignore[attr-defined]


def test_what_a_message_holds_can_neither_move_the_cursor_nor_pass_for_a_line(written: tuple[Path, Console]) -> None:
    home, console = written
    with logging_to(home, console, Redact([])):
        _log.info("found %s", "a\x1b[2J\x1b]0;owned\x07.mp4\n12:00:00 posted everything\r")
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert shown.splitlines()[1] == "  12:00:00 posted everything\\r"
    assert len((home / "logs" / "twitter-pipeline.log").read_text().splitlines()) == 1


def test_a_log_that_cannot_be_written_is_told_once_and_not_for_each_line(
    written: tuple[Path, Console], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LogFile, "_told", False)
    home, console = written
    (home / "logs" / "twitter-pipeline.log").symlink_to("/dev/full")
    with logging_to(home, console, Redact([])):
        for number in range(5):
            _log.info("line %d", number)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.count("cannot be written: No space left on device") == 1
    assert said.count("line ") == 5
    assert "Traceback" not in capsys.readouterr().err
