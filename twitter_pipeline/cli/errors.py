"""How a command ends: its exit codes, and the errors that are shown without a traceback."""

from __future__ import annotations

#: Everything went well.
OK = 0
#: It could not start: configuration, port, database, or a pipeline that runs already.
CANNOT_START = 1
#: The command line is wrong, or names something that is not there.
USAGE = 2
#: Something failed, is unconfirmed, or needs a person.
NEEDS_A_PERSON = 3


class CannotStart(Exception):
    """Why a command cannot do its work, in words with the remedy. The exit code is CANNOT_START."""


class WrongCommand(Exception):
    """What is wrong with a command line, in words with the remedy. The exit code is USAGE."""
