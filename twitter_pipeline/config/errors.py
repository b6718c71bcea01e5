"""What is wrong with a configuration, said with its place in the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong, and where. `line` and `column` count from 1; None where there is no such place."""

    file: str
    line: int | None
    column: int | None
    #: The setting's path, such as `projects.0.path`; empty for the file as a whole.
    key: str
    #: What is wrong and what to do about it. Never holds a value that may be secret.
    message: str

    def __str__(self) -> str:
        """`config.yaml:3:5: accounts.0.foldr: unknown key; did you mean 'folder'?`"""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        line = ": ".join(part for part in (place, self.key, self.message) if part)
        return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


class ConfigError(Exception):
    """A configuration that cannot be used. `problems` holds all that was found; `str()` gives one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Problem, ...]]]:
        # An exception's own way of pickling would hand the text to __init__; Dagster carries errors between processes.
        return type(self), (self.problems,)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The end of a message about a misspelt name: the nearest known name, or all of them when none is near."""
    names = list(known)
    by_lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{by_lower[near[0]]}'?"
    return f"known here: {', '.join(names)}" if names else "none is known here"
