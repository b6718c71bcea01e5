"""Who gives a command: the log names them."""

from __future__ import annotations

import getpass
import os

#: Says who it is where the login name does not: a shared account, a container, a timer.
VARIABLE = "TWITTER_PIPELINE_ACTOR"
_LONGEST = 100


def actor() -> str:
    """The name in `$TWITTER_PIPELINE_ACTOR`, or of the login; behind sudo, of who called it."""
    named = os.environ.get(VARIABLE) or os.environ.get("SUDO_USER")
    if named:
        return "".join(character for character in named if character.isprintable())[:_LONGEST]
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        return "a person"
