"""Templates that people write in config.yaml: Jinja2 in its sandbox, with errors that name line and variable."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jinja2
import jinja2.meta
import jinja2.nodes

from twitter_pipeline.content.environment import NAME, Environment, ending, joined
from twitter_pipeline.content.errors import TemplateError
from twitter_pipeline.content.filters import FILTERS


class _Undefined(jinja2.StrictUndefined):
    """Whose error says what an object has in place of a name it has not."""

    @property
    def _undefined_message(self) -> str:
        message: str = super()._undefined_message
        known, name = self._undefined_obj, self._undefined_name
        if not isinstance(known, Mapping) or not isinstance(name, str):
            return message
        return f"there is no '{name}' in it{_instead(name, known) if known else ', it is empty'}"


_ENVIRONMENT = Environment(FILTERS, _Undefined)
#: What a template may show beside the metadata: it is only read for one that does.
FACTS = ("file", "media")


def render(source: str, variables: Mapping[str, Any]) -> str:
    """The text `source` makes of `variables`. Raises TemplateError, whatever is wrong: it may never end, too."""
    try:
        with ending():
            return joined(_compiled(source).generate(variables))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno}: {_with_filters(str(error.message))}") from error
    except jinja2.UndefinedError as error:
        line = _line(error)
        raise TemplateError(f"line {line}: {_explained(str(error.message), source, line, variables)}") from error
    except Exception as error:
        # An expression can raise anything: `{{ 1 / 0 }}`, `{{ title + 1 }}`, a call the sandbox refuses.
        raise TemplateError(f"line {_line(error)}: {_with_filters(_said(error))}") from error


@lru_cache(maxsize=64)
def names_in(source: str) -> frozenset[str]:
    """The variables and filters that a template names; none of one that cannot be read."""
    try:
        tree = _ENVIRONMENT.parse(source)
    except jinja2.TemplateSyntaxError:
        return frozenset()
    variables = (node.name for node in tree.find_all(jinja2.nodes.Name))
    return frozenset((*variables, *(node.name for node in tree.find_all(jinja2.nodes.Filter))))


def check(source: str, samples: Sequence[Mapping[str, Any]]) -> None:
    """Raise TemplateError for what is wrong with a template whatever an item's words are, in branches not taken, too.

    `samples` are variables of items unlike each other, with all names there are. What goes wrong is a mistake where it
    does so for all of them alike, other than for lack of a name or by a value. Of a template that shows `extra`, which
    may hold anything, only filters and names are looked at; what is asked for with `default` or `is defined` may lack.
    """
    try:
        tree = _ENVIRONMENT.parse(source)
        undeclared = jinja2.meta.find_undeclared_variables(tree) - _ENVIRONMENT.globals.keys()
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno}: {_with_filters(str(error.message))}") from error
    found = {*_unknown_filters(tree), *_wrong_dates(tree, samples[0]), *_unknown_names(tree, undeclared, samples[0])}
    for line, why in sorted(found):
        raise TemplateError(f"line {line}: {why}")
    if "extra" in undeclared:
        return
    mistakes = [_failure(source, variables) for variables in samples]
    if mistakes[0] is not None and len({str(one) for one in mistakes}) == 1:
        raise mistakes[0]


def _failure(source: str, variables: Mapping[str, Any]) -> TemplateError | None:
    """What rendering raises, unless another item's words may mend it: a name that lacks, a value that does not fit."""
    try:
        render(source, variables)
    except TemplateError as error:
        return None if isinstance(error.__cause__, (jinja2.UndefinedError, ValueError)) else error
    return None


def _unknown_filters(tree: jinja2.nodes.Template) -> Iterator[tuple[int, str]]:
    for used in tree.find_all(jinja2.nodes.Filter):
        if used.name not in _ENVIRONMENT.filters:
            yield used.lineno, _with_filters(f"No filter named '{used.name}'.")


def _wrong_dates(tree: jinja2.nodes.Template, variables: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Forms and languages in which the filter `date` writes no date."""
    context = _ENVIRONMENT.from_string("").new_context(dict(variables))
    for used in tree.find_all(jinja2.nodes.Filter):
        if used.name != "date":
            continue
        try:
            args, named = [one.as_const() for one in used.args], dict(one.as_const() for one in used.kwargs)
            _ENVIRONMENT.call_filter("date", "2026-01-31", args, named, context=context)
        except jinja2.nodes.Impossible:
            continue  # they are known to each item only
        except (TypeError, ValueError) as error:
            yield used.lineno, str(error)


def _unknown_names(
    tree: jinja2.nodes.Template, undeclared: Collection[str], variables: Mapping[str, Any]
) -> Iterator[tuple[int, str]]:
    """Names that no item has, with their lines; below a name only those of `FACTS`, which are the same for all."""
    asking = (
        *(one for one in tree.find_all(jinja2.nodes.Filter) if one.name in ("default", "d")),
        *(one for one in tree.find_all(jinja2.nodes.Test) if one.name in ("defined", "undefined")),
    )
    optional = {_path(one.node) for one in asking}
    for node in tree.find_all((jinja2.nodes.Name, jinja2.nodes.Getattr, jinja2.nodes.Getitem)):
        if not (path := _path(node)) or path in optional or path[0] not in undeclared:
            continue
        if len(path) == 1 and path[0] not in variables:
            yield node.lineno, f"'{path[0]}' is undefined{_instead(path[0], variables)}"
        elif len(path) > 1 and path[0] in FACTS:
            owner: Any = variables
            for name in path[:-1]:
                owner = owner.get(name) if isinstance(owner, Mapping) else None
            if isinstance(owner, Mapping) and path[-1] not in owner and not hasattr(owner, path[-1]):
                yield node.lineno, f"there is no '{path[-1]}' in '{'.'.join(path[:-1])}'{_instead(path[-1], owner)}"


def _path(node: jinja2.nodes.Node | None) -> tuple[str, ...]:
    """`media`, `exif`, `taken` of `media.exif.taken` or `media['exif'].taken`; empty for what is more than names."""
    if isinstance(node, jinja2.nodes.Name):
        return (node.name,)
    if isinstance(node, jinja2.nodes.Getattr) and (above := _path(node.node)):
        return (*above, node.attr)
    if (
        isinstance(node, jinja2.nodes.Getitem)
        and isinstance(node.arg, jinja2.nodes.Const)
        and isinstance(node.arg.value, str)
        and (above := _path(node.node))
    ):
        return (*above, node.arg.value)
    return ()


@lru_cache(maxsize=64)
def _compiled(source: str) -> jinja2.Template:
    code = _ENVIRONMENT.compile(source, filename=NAME)
    return jinja2.Template.from_code(_ENVIRONMENT, code, _ENVIRONMENT.make_globals(None))


def _said(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    return str(error) or type(error).__name__


def _line(error: Exception) -> int:
    """The template's line in which `error` was raised: Jinja2 writes it into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == NAME), 1)


def _explained(message: str, source: str, line: int, variables: Mapping[str, Any]) -> str:
    """`message`, with what to write instead of Jinja2's "'titel' is undefined"; "it" of ours by its name."""
    if unknown := re.fullmatch("'(.+)' is undefined", message):
        return message + _instead(unknown[1], dict.fromkeys((*variables, *FACTS)))
    if not (lacking := re.match("there is no '(.+?)' in it", message)):
        return message
    written = source.split("\n")[line - 1]
    owner = re.search(rf"([\w.]+)\.{re.escape(lacking[1])}\b", written)
    return message.replace(" in it", f" in '{owner[1]}'", 1) if owner else message


def _instead(name: str, known: Iterable[str]) -> str:
    """Which of the `known` names may have been meant, or all of them."""
    shown = [one for one in known if not one.startswith("_")]
    if nearest := difflib.get_close_matches(name, shown, n=1):
        return f"; did you mean '{nearest[0]}'?"
    return f"; there are {', '.join(shown)}"


def _with_filters(message: str) -> str:
    """`message`, with the filters there are when it is Jinja2's "No filter named 'sentence'."."""
    unknown = re.match(r"No filter named '(.+)'(?: found)?\.$", message)
    if not unknown:
        return message
    nearest = difflib.get_close_matches(unknown[1], _ENVIRONMENT.filters, n=1)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"there are Jinja2's, and {', '.join(FILTERS)}"
    return f"no filter is called '{unknown[1]}'; {hint}"
