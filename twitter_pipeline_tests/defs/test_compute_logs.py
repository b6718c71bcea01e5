"""What runs print: kept for Dagster's pages by the run's own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, sys, psutil
from twitter_pipeline.defs.compute_logs import QuietComputeLogs

logs = QuietComputeLogs.from_config_value(None, {"base_dir": sys.argv[1]})
with logs.capture_logs(["run", "compute_logs", "step"]):
    print("printed")
    os.system("echo by a child; echo trouble >&2")
    assert psutil.Process().children() == [], "a process was started to copy what is printed"
print("afterwards")
kept = logs.get_log_data(["run", "compute_logs", "step"])
assert kept.stdout == b"printed\\nby a child\\n", kept
assert kept.stderr == b"trouble\\n", kept
assert logs.is_capture_complete(["run", "compute_logs", "step"])
"""


def test_what_a_run_prints_is_kept_in_files_without_starting_a_process(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "afterwards\n"), done.stderr
