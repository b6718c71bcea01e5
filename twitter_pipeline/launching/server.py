"""The process that others are forked from: `python -m twitter_pipeline.launching.server SOCKET`.

A new process pays 0.8 CPU-seconds and 80 MB for importing Dagster, a run still more; a fork has it. So it has the
definitions, unless config.yaml was changed since: then a run loads them anew.

It stays single-threaded, since a fork copies locks as they are. It ends when its standard input is closed, as all
services of `up` do. Runs end with it; services do not.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from twitter_pipeline.config import redaction
from twitter_pipeline.launching.channel import listen, receive, send
from twitter_pipeline.launching.death import tell_of_death
from twitter_pipeline.launching.preload import Loaded
from twitter_pipeline.launching.service import become

#: Ended runs that are remembered: Dagster's monitoring may ask about one that it read a moment before.
REMEMBERED = 1_000


@dataclass(frozen=True)
class _Run:
    run_id: str
    #: As `dagster api execute_run` takes them.
    arguments: str


def main() -> None:
    """Import, then serve."""
    redaction.install()
    # Garbage stays where it is: what it leaves free would be filled in every fork, each with a copy of the page.
    gc.disable()
    loaded = Loaded()
    # Looking through what is there now would only copy it into every fork.
    gc.freeze()
    path = Path(sys.argv[1])
    try:
        _Server(listen(path), loaded).serve()
    finally:
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()


class _Server:
    """Answers questions and buries its children, one event after the other."""

    def __init__(self, listener: socket.socket, loaded: Loaded) -> None:
        self._listener = listener
        self._loaded = loaded
        self._runs: dict[int, _Run] = {}
        #: Runs that have ended, by their id; services by theirs, with how they ended once they have.
        self._ended: dict[str, None] = {}
        self._services: dict[int, int | None] = {}
        #: Processes that tell Dagster of a run's death.
        self._reporting: set[int] = set()
        self._stopping = False
        #: Runs hold the reading end: it ends with this process, however that dies.
        self._lifeline, self._held = os.pipe()
        #: A signal becomes an event of the selector.
        self._signalled, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Until told to stop, and all runs have ended."""
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._on(self._listener, self._answer)
        self._on(self._signalled, lambda: self._signalled.recv(4096))
        self._on(0, self._parent_ended)
        # Services are told to end by `up`; only what runs still have to say is waited for.
        while not self._stopping or self._runs or self._reporting:
            for key, _ in self._selector.select():
                key.data()
            self._bury()

    def _on(self, source: socket.socket | int, act: Callable[[], object]) -> None:
        self._selector.register(source, selectors.EVENT_READ, act)

    def _stop(self, *_: object) -> None:
        """Take no more runs; those under way were sent the same signal, as members of the group."""
        self._stopping = True

    def _parent_ended(self) -> None:
        if not os.read(0, 1):
            self._selector.unregister(0)
            os.killpg(os.getpgrp(), signal.SIGTERM)

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(2)
            try:
                question, files = receive(connection)
                try:
                    send(connection, self._act(question, files, connection))
                finally:
                    for file in files:
                        os.close(file)
            except Exception as error:  # noqa: BLE001 - whatever was asked, the runs go on
                _say(f"a question was not answered: {error!r}")

    def _act(self, question: dict[str, Any], files: Sequence[int], connection: socket.socket) -> dict[str, Any]:
        do = question["do"]
        if do == "serve":
            return self._serve(question, files, connection)
        if do == "look at service":
            pid = int(question["pid"])
            return {"known": pid in self._services, "code": self._services.get(pid)}
        run_id = str(question["run_id"])
        pids = [pid for pid, run in self._runs.items() if run.run_id == run_id]
        if do == "look at run":
            return {"state": "alive" if pids else "ended" if run_id in self._ended else "unknown"}
        if do == "end run":
            for pid in pids:
                os.kill(pid, signal.SIGINT)
            return {"told": bool(pids)}
        if do == "launch run":
            return self._launch(_Run(run_id, str(question["arguments"])), connection)
        raise ValueError(f"unknown question {do!r}")

    def _serve(self, question: dict[str, Any], files: Sequence[int], connection: socket.socket) -> dict[str, Any]:
        module, *arguments = question["command"]
        standard_input, output = files

        def work() -> None:
            connection.close()
            _call_itself(question["name"])
            os.setsid()
            for file, number in ((standard_input, 0), (output, 1), (output, 2)):
                os.dup2(file, number)
            for file in (*files, self._lifeline):
                os.close(file)
            os.chdir(question["folder"])
            os.environ.clear()
            os.environ.update(question["environment"])
            self._loaded.forget_what_is_stale()
            become(module, arguments)

        pid = self._fork(work)
        self._services[pid] = None
        return {"pid": pid}

    def _launch(self, run: _Run, connection: socket.socket) -> dict[str, Any]:
        if self._stopping:
            return {"error": "the pipeline is being stopped"}

        def execute() -> None:
            connection.close()
            _call_itself("run")
            threading.Thread(target=_end_with_server, args=(self._lifeline,), name="server", daemon=True).start()
            from dagster._cli.api import api_cli

            self._loaded.forget_what_is_stale()
            api_cli.main(["execute_run", run.arguments], standalone_mode=False)

        try:
            pid = self._fork(execute)
        except OSError as error:
            return {"error": str(error)}
        self._runs[pid] = run
        return {"pid": pid}

    def _bury(self) -> None:
        """Take leave of children that have ended; of runs that died, Dagster is told."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._reporting.discard(pid)
            if pid in self._services:
                self._services[pid] = os.waitstatus_to_exitcode(status)
            run = self._runs.pop(pid, None)
            if run is None:
                continue
            self._ended[run.run_id] = None
            if len(self._ended) > REMEMBERED:
                del self._ended[next(iter(self._ended))]
            if status != 0:
                self._report(run, os.waitstatus_to_exitcode(status))

    def _report(self, run: _Run, code: int) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        _say(f"the process of run {run.run_id} {how}")
        # In a process of its own: this one opens no database, whose connections no fork may share.
        with contextlib.suppress(OSError):  # Dagster's monitoring finds out in its time
            self._reporting.add(self._fork(lambda: tell_of_death(run.arguments, how)))

    def _fork(self, work: Callable[[], object]) -> int:
        """Do `work` in a new process; its id."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._become(work)
        return pid

    def _become(self, work: Callable[[], object]) -> NoReturn:
        """In the new process: leave behind what is the server's, work, and end."""
        code = 1
        try:
            gc.enable()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._selector.close()
            for mine in (self._listener, self._signalled, self._wake):
                mine.close()
            os.close(self._held)
            work()
            code = 0
        except SystemExit as told:
            code = told.code if isinstance(told.code, int) else 1
        except BaseException:  # noqa: BLE001 - a fork must never go back into the server's loop
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")  # into logs/launcher.log


def _call_itself(name: str) -> None:
    """Give this process a name in `ps` and `top`: its command line is the server's."""
    with contextlib.suppress(OSError):  # where there is no /proc
        Path("/proc/self/comm").write_text(f"tp-{name}")  # 15 bytes at most


def _end_with_server(lifeline: int) -> None:
    """In a run: be interrupted when the server is gone, since nobody could end the run any more."""
    from twitter_pipeline.defs.ending import left_alone

    os.read(lifeline, 1)
    left_alone.set()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
