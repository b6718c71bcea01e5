"""docs/sandbox.md against the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twitter_pipeline.sandbox.calls import CALLS
from twitter_pipeline.sandbox.faults import ANSWERS, KINDS
from twitter_pipeline_tests.sandbox.conftest import Running

DOCS = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_every_call_stands_there_with_its_limit() -> None:
    rows = dict(re.findall(r"^\| `((?:GET|POST|DELETE) \S+)` \| ([\d,]+) \|", DOCS, re.MULTILINE))
    assert rows == {call.name: f"{call.limit:,}" for call in CALLS}


def test_every_kind_of_fault_stands_there() -> None:
    table = DOCS.split("| kind |")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == KINDS


def test_every_answer_of_gemini_stands_there() -> None:
    table = DOCS.split("| answer | what Gemini says |")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == ANSWERS


def _commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)
    return [part for block in blocks for part in re.split(r"^(?=curl )", block, flags=re.MULTILINE) if "curl" in part]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("command", _commands())
def test_every_control_command_can_be_pasted(own_x: Running, command: str) -> None:
    pasted = command.replace("curl -s", "curl -sf").replace("http://127.0.0.1:8780", own_x.url)
    assert subprocess.run(["sh", "-c", pasted], capture_output=True, timeout=20).returncode == 0


def test_the_signed_request_can_be_pasted(own_x: Running) -> None:
    (code,) = re.findall(r"python - <<'PY'\n(.*?)PY\n", DOCS, re.DOTALL)
    pasted = code.replace("http://127.0.0.1:8780", own_x.url)
    ended = subprocess.run([sys.executable, "-c", pasted], capture_output=True, text=True, timeout=20, check=True)
    assert "Hello from the sandbox" in ended.stdout
