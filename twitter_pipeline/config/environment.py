"""`${NAME}` and `${NAME:-default}` in a configuration, as a shell reads them; `$${` stands for `${` itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from twitter_pipeline.config.document import Document, Loc, Node
from twitter_pipeline.config.errors import ConfigError

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?")
#: PostgreSQL stores no NUL, UTF-8 no half of a surrogate pair.
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")

#: What a file may grow to through its aliases; a large real configuration has a few thousand values.
_MOST_VALUES = 100_000


class Values:
    """A document as plain dicts, lists and texts, its references to the environment filled in.

    `data` is the result. `unset` names the missing variables of each setting that has some; `data` holds None there.
    As with a shell's `:-`, a variable that is empty counts as missing. Other problems go to the document.
    Raises ConfigError when aliases blow the document up.
    """

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self.unset: dict[Loc, list[str]] = {}
        self._document = document
        self._environ = environ
        self._count = 0
        self.data = self._plain(document.root, ())

    def _plain(self, node: Node, loc: Loc) -> Any:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise ConfigError(
                [self._document.problem((), f"has more than {_MOST_VALUES} values; are there aliases of aliases?")]
            )
        if isinstance(node.value, dict):
            return {name: self._plain(child, (*loc, name)) for name, child in node.value.items()}
        if isinstance(node.value, list):
            return [self._plain(child, (*loc, index)) for index, child in enumerate(node.value)]
        return None if node.value is None else self._text(node.value, loc)

    def _report(self, loc: Loc, message: str) -> None:
        self._document.problems.append(self._document.problem(loc, message))

    def _text(self, text: str, loc: Loc) -> str | None:
        def fill(match: re.Match[str]) -> str:
            name, default = match.groups()
            if match.group() == "$${":
                return "${"
            if name is None:
                message = "'${' begins ${NAME} or ${NAME:-default}; write $${ for the characters themselves"
                self._report(loc, message)
                return ""
            if value := self._environ.get(name) or default:
                return value
            if default is None:
                self.unset.setdefault(loc, []).append(name)
            return ""

        if _UNSTORABLE.search(text):
            self._report(loc, "holds an escaped character that no text may hold (\\0 or \\ud800); remove it")
        filled = _REFERENCE.sub(fill, text)
        return None if loc in self.unset else filled
