"""What all commands are made with: groups of them, and how their ends become exit codes."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable
from typing import Any, ParamSpec

import typer

from twitter_pipeline.cli.errors import CANNOT_START, OK, USAGE, CannotStart, WrongCommand
from twitter_pipeline.config import ConfigError, redaction
from twitter_pipeline.config.redaction import plain

P = ParamSpec("P")

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class _Program(typer.Typer):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Here a process of ours begins: what it says holds no secret, what it writes is for its owner only."""
        redaction.install()
        os.umask(0o077)
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - shown as Python would show it, without secrets
            redaction.show(type(error), error, error.__traceback__)
            sys.exit(1)


def group(help: str) -> typer.Typer:
    """A group of commands, of which each is a function of a module that is imported when it is called."""
    return _Program(
        help=help,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def ends_with_code(work: Callable[P, int]) -> Callable[P, None]:
    """Turn what a command returns or raises into its exit code; errors with a remedy show no traceback."""

    @functools.wraps(work)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = work(*args, **kwargs)
        except (CannotStart, ConfigError) as error:
            typer.echo(plain(str(error)), err=True)
            code = CANNOT_START
        except WrongCommand as error:
            typer.echo(plain(str(error)), err=True)
            code = USAGE
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            where = f"{error.filename}: " if error.filename else ""
            typer.echo(f"{where}{error.strerror}; make room, nothing is lost, and start again", err=True)
            code = CANNOT_START
        if code != OK:
            sys.exit(code)

    return wrapped
