"""All processes together: started, watched, restarted when one dies, stopped."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.cli.up.processes import Process, Service, start

_log = logging.getLogger(__name__)

#: Seconds before a service that died is started again: doubled each time it dies soon after.
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
#: How long a launcher may be away that was killed while everything starts, in seconds.
LAUNCHER_AWAY = 30.0
#: A service that ran this long (seconds) died of something new.
LIVED_LONG = 60.0
#: Seconds after which one that was told to end, to be started anew, is killed.
ENDS_WITHIN = 10.0


@dataclass
class _Place:
    """A service's place: the process that holds it, and how it went before."""

    service: Service
    process: Process
    started: float
    wait: float = FIRST_WAIT
    #: When to start it again (monotonic); None while it runs.
    again_at: float | None = None
    #: When it was told to end, to be started anew at once (monotonic); None when it was not.
    told_at: float | None = None


class Fleet:
    """The processes under way, by the name of their service."""

    def __init__(self, home: Path, environment: Mapping[str, str], redact: logging.Filter) -> None:
        self._home = home
        self._environment = environment
        self._redact = redact
        self._places: dict[str, _Place] = {}
        #: Processes that died, whose group may live on: runs of a launcher that was killed.
        self._former: list[Process] = []

    def start(self, service: Service) -> None:
        """Start a service; where its launcher was killed, once that is back. Raises CannotStart."""
        give_up_at = time.monotonic() + LAUNCHER_AWAY
        while True:
            try:
                process = self._launch(service)
                break
            except OSError as error:
                self.check()
                if not self._places or time.monotonic() > give_up_at:
                    raise CannotStart(f"{service.name} cannot be started: {error}") from error
                time.sleep(0.1)
        self._places[service.name] = _Place(service, process, time.monotonic())

    def names(self) -> list[str]:
        """The services, in the order they were started in."""
        return list(self._places)

    def process(self, name: str) -> Process:
        """The process that holds the service's place now."""
        return self._places[name].process

    def everybody(self) -> list[Process]:
        """All processes, those that died and may have left others behind included."""
        return [*(place.process for place in self._places.values()), *self._former]

    def check(self) -> None:
        """While starting: raise CannotStart when a process has ended by itself, with the last it said.

        One that was killed, by a machine short of memory for instance, is started again.
        """
        for name, place in self._places.items():
            code = place.process.exit_code()
            if code is not None and code >= 0:
                place.process.wait()
                said = "\n".join(f"  {line}" for line in place.process.last_lines)
                raise CannotStart(
                    f"{name} ended with exit code {code}; the last lines of {self._home / 'logs' / f'{name}.log'}:\n"
                    f"{said}"
                )
        self.tend()

    def tend(self) -> None:
        """Start again what has died, later and later."""
        now = time.monotonic()
        # Nobody left of a group: its number may soon be another's.
        for process in [process for process in self._former if not process.group_lives()]:
            self._former.remove(process)
            process.wait()
        for name, place in self._places.items():
            if place.again_at is not None:
                if now >= place.again_at:
                    self._start_again(place, now)
            elif (code := place.process.exit_code()) is not None and place.told_at is not None:
                self._start_again(place, now)
            elif code is not None:
                place.wait = FIRST_WAIT if now - place.started > LIVED_LONG else min(place.wait * 2, LONGEST_WAIT)
                place.again_at = now + place.wait
                where = self._home / "logs" / f"{name}.log"
                _log.error(
                    "%s ended with exit code %s, see %s; it is started again in %.0f s", name, code, where, place.wait
                )

            elif place.told_at is not None and now - place.told_at > ENDS_WITHIN:
                place.process.signal(signal.SIGKILL)

    def recycle(self, name: str) -> bool:
        """Tell a service to end; `tend` starts it anew at once. False where none of this name runs."""
        place = self._places.get(name)
        if place is None or place.again_at is not None or place.process.exit_code() is not None:
            return False
        place.told_at = time.monotonic()
        place.process.signal(signal.SIGTERM)
        return True

    def _start_again(self, place: _Place, now: float) -> None:
        try:
            process = self._launch(place.service)
        except OSError as error:  # its launcher is away too, or there is no memory left
            place.wait = min(place.wait * 2, LONGEST_WAIT)
            place.again_at = now + place.wait
            _log.error("%s cannot be started (%s); tried again in %.0f s", place.service.name, error, place.wait)
            return
        self._former.append(place.process)
        place.process, place.started, place.again_at, place.told_at = process, now, None, None
        _log.warning("%s was started again", place.service.name)

    def _launch(self, service: Service) -> Process:
        return start(service, self._home, self._environment, self._redact)
