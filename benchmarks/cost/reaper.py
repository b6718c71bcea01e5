"""`python reaper.py COMMAND…`: runs a command as the root of a tree from which nobody escapes.

A process whose parent dies is given to this one (PR_SET_CHILD_SUBREAPER) and waited for here, so that the processor
time of every process of the tree, those that have ended included, can be read in /proc at any moment.
"""

import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no subreaper: the benchmark needs Linux")
    command = subprocess.Popen(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda told, _frame: command.send_signal(told))
    code = 1
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return code
        if pid == command.pid:
            code = command.returncode = os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
