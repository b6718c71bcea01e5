"""One pipeline for each database."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.cli.up.alone import alone_in_database
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.waiting import wait_for


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_data_folders_do_not_work_on_one_database(settings: MakeSettings) -> None:
    here, there = settings(), settings(top={"data_dir": "elsewhere"})
    with alone_in_database(here):
        with (
            pytest.raises(CannotStart, match="another pipeline works on this database in sandbox mode"),
            ExitStack() as held,
        ):
            held.enter_context(alone_in_database(there))
        live = settings(top={"mode": "live", "accounts": [{"name": "a"}]})
        with alone_in_database(live):
            pass  # each mode has its own tables
    with alone_in_database(there):
        pass


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_is_killed_holds_nothing(settings: MakeSettings) -> None:
    here = settings()
    program = (
        "import sys, pathlib, time; from twitter_pipeline.config import load;"
        "from twitter_pipeline.cli.up.alone import alone_in_database\n"
        "with alone_in_database(load(pathlib.Path(sys.argv[1]))): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(here.path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(CannotStart), ExitStack() as held:
            held.enter_context(alone_in_database(here))
        process.kill()
        process.wait()

    def is_free() -> bool:
        with suppress(CannotStart), alone_in_database(here):
            return True
        return False

    wait_for(is_free, 10, "PostgreSQL to notice")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_sqlite_file_is_guarded_by_its_folder(settings: MakeSettings) -> None:
    with alone_in_database(settings()), alone_in_database(settings()):
        pass
