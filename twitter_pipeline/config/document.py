"""YAML read into nodes that know their line and column.

PyYAML turns `12:30` into 750, `no` into False, and drops the first of two equal keys without a word. Here every
scalar stays the text that was written (only an empty one, `~` and `null` mean "nothing"): the setting's type decides
what it is. Equal keys are reported. PyYAML's events are read, not its nodes: composing nodes is recursive in C,
where a file of brackets ends the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import Reader

from twitter_pipeline.config.errors import ConfigError, Problem

#: A setting's place: ("projects", 0, "path").
Loc = tuple[str | int, ...]

#: Settings nest five deep.
_DEEPEST = 20
_NULLS = {"", "~", "null", "Null", "NULL"}
_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Mark:
    """A place in the file, counted from 1."""

    line: int
    column: int


@dataclass
class Node:
    """A value and where it stands. Aliases share one node."""

    mark: Mark
    value: str | list[Node] | dict[str, Node] | None = None
    #: For a mapping: where each key stands.
    keys: dict[str, Mark] = field(default_factory=dict)


@dataclass
class Document:
    """A parsed file: its root node, and what was wrong without making it unreadable."""

    file: str
    root: Node
    problems: list[Problem] = field(default_factory=list)

    def problem(self, loc: Loc, message: str, *, at_key: bool = False) -> Problem:
        """A problem of the setting at `loc`, placed at its value (or its key), or at the nearest thing around it."""
        node, mark = self.root, self.root.mark
        for depth, part in enumerate(loc):
            if isinstance(node.value, dict) and isinstance(part, str) and part in node.value:
                last = depth == len(loc) - 1
                mark = node.keys[part] if at_key and last else node.value[part].mark
                node = node.value[part]
            elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.mark
            else:
                break
        return Problem(self.file, mark.line, mark.column, ".".join(map(str, loc)), message)


def parse(text: str, file: str) -> Document:
    """Read one YAML document. Raises ConfigError when it is not YAML, or more deeply nested than settings are."""
    if bad := Reader.NON_PRINTABLE.search(text):
        before = text[: bad.start()]
        line, column = before.count("\n") + 1, bad.start() - before.rfind("\n")
        message = f"the character U+{ord(bad.group()):04X} is not allowed in YAML; is this a text file?"
        raise ConfigError([Problem(file, line, column, "", message)])
    builder = _Builder(file, yaml.parse(text, Loader=_LOADER))
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        place = _mark(error.problem_mark)
        problem = Problem(file, place.line, place.column, "", f"this is not YAML: {_said(error)}")
    raise ConfigError([*builder.problems, problem])


def _said(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's words without the text of the file: what was meant as a quoted secret may stand in them."""
    said = error.problem or "it cannot be read"
    if any(word in said for word in ("alias", "anchor", "tag")):
        return "a text that begins with & or * or ! must stand in quotes"
    if "cannot start any token" in said:
        return "indent with spaces, not tabs; a text that begins with @, ` or % must stand in quotes"
    return f"{said}; look at the indentation and for missing quotes"


class _Builder:
    """Turns PyYAML's events into nodes. They are `Any` here: its stubs do not know what an event holds."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self.file = file
        self.events = events
        self.anchors: dict[str, Node | None] = {}
        self.problems: list[Problem] = []

    def document(self) -> Document:
        next(self.events)  # the stream's start
        event = next(self.events)
        if isinstance(event, StreamEndEvent):
            return Document(self.file, Node(Mark(1, 1)))
        root = self.node(next(self.events), ())
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, StreamEndEvent):
            self.report(event, (), "a second document begins here; a configuration is one: remove the line ---")
        return Document(self.file, root, self.problems)

    def node(self, event: Any, loc: Loc) -> Node:
        if isinstance(event, AliasEvent):
            return self.alias(event, loc)
        if len(loc) > _DEEPEST:
            raise ConfigError([self.report(event, loc[:3], f"nested more than {_DEEPEST} deep; no setting is")])
        node = Node(_mark(event.start_mark))
        if event.anchor:
            self.anchors[event.anchor] = None
        if event.tag not in _TAGS:
            self.report(
                event, loc, "tags (words that begin with !) are not understood; a text like that must stand in quotes"
            )
        if isinstance(event, ScalarEvent):
            plain = event.implicit[0]
            node.value = None if plain and event.value in _NULLS else event.value
        elif isinstance(event, SequenceStartEvent):
            node.value = self.sequence(loc)
        elif isinstance(event, MappingStartEvent):
            node.value = self.mapping(node, loc)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def sequence(self, loc: Loc) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self.node(event, (*loc, len(items))))
        return items

    def mapping(self, node: Node, loc: Loc) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            name = self.node(event, (*loc, "?")).value
            if not isinstance(name, str):
                self.report(event, loc, "a key must be a plain word")
                self.node(next(self.events), (*loc, "?"))
                continue
            value = self.node(next(self.events), (*loc, name))
            if name == "<<":
                self.report(event, (*loc, name), "merge keys are not understood; write the settings out")
            elif name in entries:
                first = node.keys[name].line
                self.report(event, (*loc, name), f"given twice (first in line {first}); remove one of them")
            else:
                entries[name] = value
                node.keys[name] = _mark(event.start_mark)
        return entries

    def alias(self, event: AliasEvent, loc: Loc) -> Node:
        if event.anchor not in self.anchors:
            self.report(event, loc, "no such anchor; a text that begins with * must stand in quotes")
        elif (node := self.anchors[event.anchor]) is None:
            self.report(event, loc, "this alias stands for something it is part of")
        else:
            return node
        return Node(_mark(event.start_mark))

    def report(self, event: Any, loc: Loc, message: str) -> Problem:
        mark = _mark(event.start_mark)
        problem = Problem(self.file, mark.line, mark.column, ".".join(map(str, loc)), message)
        self.problems.append(problem)
        return problem


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)
