"""No secret leaves a process: its standard output and error, its log records and its uncaught exceptions are redacted.

`install` where a process begins. It costs nothing until something is said.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO, cast

from twitter_pipeline.config.secrecy import BLOT, forms_of, redacted, redacted_for_log

#: What would move a terminal's cursor, colour it, end a line, or turn the direction of what follows.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
#: Where a line of a message begins that is not its first.
_NEXT_LINE = re.compile(r"\n(?=[^\s])")


class Withheld(Exception):
    """Stands for an exception whose words cannot be changed and hold a secret."""


def plain(text: str) -> str:
    """`text` with control characters (but tab and line end) written as `\\x1b`: nothing a terminal would obey."""
    if text.isprintable():
        return text
    return _CONTROLS.sub(lambda found: f"\\{found[0].encode('unicode_escape').decode()[1:]}", text)


def plain_json(document: str) -> str:
    """A JSON document with the control characters that JSON lets stand (those from U+007F on) written as `\\u009b`."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def one_entry(text: str) -> str:
    """`text` as a log may show it: further lines are indented, so that none passes for an entry of its own."""
    return _NEXT_LINE.sub("\n  ", plain(text))


class Redact(logging.Filter):
    """Replaces secrets wherever they stand in a record, its traceback included: the known ones, and `secrets`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets: set[str] = set()
        self._forms: tuple[str, ...] = ()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """A changed configuration brings new ones, and the old ones stay secret."""
        self._secrets |= set(secrets)
        self._forms = forms_of(self._secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace; never drops a record."""
        record.msg, record.args = self._clean(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info))
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self._clean(record.exc_text)
        return True

    def _clean(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, BLOT)
        return redacted_for_log(text)


def install() -> None:
    """Redact what this process says from now on. May be called again."""
    sys.excepthook = show
    threading.excepthook = _show_of_thread
    sys.unraisablehook = _show_unraisable
    if logging.getLogRecordFactory() is not _record:
        global _make_record
        _make_record = logging.getLogRecordFactory()
        logging.setLogRecordFactory(_record)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _Redacting):
            setattr(sys, name, cast(TextIO, _Redacting(stream)))


def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an uncaught exception as Python does; an interrupt by a person included."""
    sys.stderr.write(plain(redacted_for_log("".join(traceback.format_exception(kind, error, trace)))))


def _show_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    sys.stderr.write(f"Exception in thread {args.thread.name if args.thread else '?'}:\n")
    show(args.exc_type, args.exc_value, args.exc_traceback)


def _show_unraisable(unraisable: Any) -> None:
    if unraisable.exc_value is None:
        return
    sys.stderr.write("Exception that nobody could be told of:\n")
    show(unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback)


_make_record = logging.getLogRecordFactory()


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record without secrets, and of one entry: for whichever handler, of whichever library."""
    record = _make_record(*args, **kwargs)
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit: logging says so where it is used
        return record
    if isinstance(record.msg, str) and (clean := one_entry(redacted_for_log(message))) != message:
        record.msg = redacted(record.msg)
        if isinstance(record.args, tuple):  # some formatters read them one by one
            record.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in record.args)
        if record.getMessage() != clean:
            record.msg, record.args = clean, None
    if record.exc_info and record.exc_info[1] is not None:
        text = "".join(traceback.format_exception(*record.exc_info))
        if (clean := plain(redacted_for_log(text))) != text:
            record.exc_text, record.exc_info = clean.rstrip("\n"), None
    return record


class _Redacting:
    """A text stream that writes no secret. Everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(redacted(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def without_secrets() -> Iterator[None]:
    """What is raised inside says no secret: for exceptions that are carried to another process."""
    try:
        yield
    except Exception as error:
        clean = scrub(error)
        if clean is error:
            raise
        raise clean.with_traceback(error.__traceback__) from clean.__cause__


def scrub(error: BaseException) -> BaseException:
    """The exception with no secret in its words, its causes' included: itself, or a `Withheld` in its place."""
    return _scrub(error, {})


def _scrub(error: BaseException, done: dict[int, BaseException]) -> BaseException:
    if id(error) in done:
        return done[id(error)]
    clean = error
    said = _said(error)
    if redacted(said) != said:
        error.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in error.args)
        if (said := _said(error)) != redacted(said):
            clean = Withheld(redacted(said).strip())
    done[id(error)] = clean
    hides_context = error.__suppress_context__
    cause, context = error.__cause__, error.__context__
    clean.__cause__ = cause and _scrub(cause, done)
    clean.__context__ = context and _scrub(context, done)
    clean.__suppress_context__ = hides_context
    return clean


def _said(error: BaseException) -> str:
    """Its own words and notes, and those of its parts."""
    parts = getattr(error, "exceptions", ())
    return "\n".join(traceback.format_exception_only(type(error), error)) + repr(error) + "".join(map(_said, parts))
