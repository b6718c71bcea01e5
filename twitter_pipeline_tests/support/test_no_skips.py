"""`--no-skips` fails a run that left something out, with xdist and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from twitter_pipeline_tests.conftest import pytest_addoption, pytest_configure
"""


def _run(folder: Path, content: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_it.py").write_text(content, encoding="utf-8")
    (folder / "test_other.py").write_text("def test_other():\n    pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", ".", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


SKIPS = """
import pytest
def test_one():
    pytest.skip("no browser here")
"""
SKIPS_AS_A_WHOLE = """
import pytest
pytest.skip("no browser here", allow_module_level=True)
"""
EXPECTED_TO_FAIL = """
import pytest
@pytest.mark.xfail(reason="not yet")
def test_one():
    assert False
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
@pytest.mark.parametrize("content", [SKIPS, SKIPS_AS_A_WHOLE], ids=["a test", "a file"])
def test_a_skip_fails_the_run_and_is_listed(tmp_path: Path, content: str, workers: tuple[str, ...]) -> None:
    ended = _run(tmp_path, content, "--no-skips", *workers)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    assert "no browser here" in ended.stdout.split("which --no-skips forbids")[1]


def test_without_the_option_a_skip_is_no_failure(tmp_path: Path) -> None:
    assert _run(tmp_path, SKIPS).returncode == 0


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert _run(tmp_path, EXPECTED_TO_FAIL, "--no-skips").returncode == 0
