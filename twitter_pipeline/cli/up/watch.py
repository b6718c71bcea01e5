"""config.yaml while the pipeline runs: a good edit takes effect, a bad one is reported and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twitter_pipeline.config import ConfigError, Settings, file_stamp, load


@dataclass(frozen=True)
class Accepted:
    """A good edit."""

    settings: Settings
    #: What the file held.
    content: bytes


@dataclass(frozen=True)
class Refused:
    """An edit that changes nothing, and why, for people."""

    reason: str


@dataclass
class Watch:
    """Looks at the file; call `look` every second or so. Each edit is reported once."""

    path: Path
    #: The settings in force.
    settings: Settings
    #: What the file held when it was looked at last.
    content: bytes
    _stamp: tuple[int, int, int] | None = field(default=None, repr=False)

    def look(self) -> Accepted | Refused | None:
        """What an edit since the last look means; None when there was none."""
        stamp = file_stamp(self.path)
        if stamp is not None and stamp == self._stamp:
            return None
        content = _content_of(self.path)
        if content is None or content == self.content:
            # Away for a moment, as editors do it, or saved without a change.
            self._stamp = stamp if content is not None else None
            return None
        try:
            settings = load(self.path)
        except ConfigError as error:
            found: Accepted | Refused = Refused(f"{error}\nThe settings from before stay in force.")
        else:
            found = self._judge(settings, content)
        if _content_of(self.path) != content:
            return None  # it is being written: the next look sees it whole
        self._stamp, self.content = stamp, content
        if isinstance(found, Accepted):
            self.settings = found.settings
        return found

    def _judge(self, settings: Settings, content: bytes) -> Accepted | Refused:
        needed = restart_needed(self.settings, settings)
        if needed:
            changed = ", ".join(needed)
            return Refused(f"{changed} changed: restart for it to take effect. The settings from before stay in force.")
        return Accepted(settings, content)


#: Settings that the processes are started with.
_AT_START: dict[str, Callable[[Settings], object]] = {
    "mode": lambda settings: settings.mode,
    "data_dir": lambda settings: settings.data_dir,
    "database_url": lambda settings: settings.database_url,
    "x.base_url": lambda settings: settings.x.base_url,
    "sandbox": lambda settings: settings.sandbox,
    "dagster": lambda settings: settings.dagster,
    "api": lambda settings: settings.api,
}


def restart_needed(before: Settings, after: Settings) -> list[str]:
    """The settings that differ and take effect only when the pipeline is started anew."""
    return [name for name, read in _AT_START.items() if read(before) != read(after)]


def _content_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
