"""Jinja2's sandbox in which no expression lasts or grows without bound: a slip in a template must hold nothing up.

A rendering has so many steps: a line of the template, or of Jinja2's own filters, is one, and so are a few characters
that are made or read. What one step alone could make too large is reckoned before it is made.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from types import FrameType
from typing import Any

import jinja2
import jinja2.filters
import jinja2.nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment

# Where Jinja2 says an error happened, in place of a file's name.
NAME = "<template>"

#: Far more than a post can hold, in characters; a number is one, a list as much as its items.
MOST_CHARACTERS = 2_000_000
#: A loop in a loop ends: about half a second.
MOST_STEPS = 200_000
#: So many characters are a step, and so many items of a list.
_CHARACTERS, _ITEMS = 40, 4
#: Filters of ours take as long as reading their words so often, of which they look at no more than so many.
_TIMES, _LOOKED_AT = 20, 30_000
#: The largest power and product of whole numbers.
_MOST_BITS = 10_000
#: The largest number that a filter takes beside its value.
_MOST_ASKED = 100_000
#: Filters of Jinja2 that no post needs, and that could last, grow, lay text out for a screen or a web page,
#: or make another one each time: what was weighed is what must go out.
LEFT_OUT = (
    *("attr", "batch", "center", "forceescape", "format", "indent", "pprint", "random", "slice", "sum"),
    *("urlize", "wordwrap", "xmlattr"),
)
_NO_METHODS = frozenset(
    {"center", "encode", "expandtabs", "format", "format_map", "ljust", "rjust", "to_bytes", "zfill"}
)
# "%99999d" and "%*d" say how long the result is.
_WIDE = re.compile(r"%(?:\([^()]*\))?[-+ #0-9.]*?(?:\*|[0-9]{5})")
_COUNTED = frozenset({NAME, jinja2.filters.do_upper.__code__.co_filename})

_steps: ContextVar[list[int] | None] = ContextVar("steps", default=None)


def _step(number: int = 1) -> None:
    """Take so many of the steps that are left. Raises OverflowError."""
    left = _steps.get()
    if left is not None:
        left[0] -= number
        if left[0] < 0:
            raise OverflowError("it does not end")


def _reckon(characters: int) -> None:
    """Raise OverflowError for what would be too large, or one too many of its size."""
    if characters > MOST_CHARACTERS:
        raise OverflowError("the result would be too large")
    _step(characters // _CHARACTERS)


def _size(value: object) -> int:
    """In characters; of what is too large, some number that is."""
    size, left = 0, [value]
    while left and size <= MOST_CHARACTERS:
        one = left.pop()
        if isinstance(one, str):
            size += len(one)
        elif isinstance(one, (list, tuple, Mapping)):
            _step(1 + len(one) // _ITEMS)  # each is looked at here, and in lists of two are many lists
            size += len(one)
            if size <= MOST_CHARACTERS:
                left.extend(one)
                left.extend(one.values() if isinstance(one, Mapping) else ())
        else:
            size += 1
    return size


def _size_made(name: str, text: str, args: Iterable[Any]) -> int:
    """How large what the method of a text makes is, where that is more than what it is given."""
    size = len(text)
    match name, [*args]:
        case "replace", [str(old), str(new), *_]:
            size += text.count(old) * len(new)
        case "join", [list(items), *_]:
            size = _size(items) + len(text) * len(items)
    return size


def joined(pieces: Iterable[str]) -> str:
    """The pieces as one text. Raises OverflowError for more than MOST_CHARACTERS."""
    kept: list[str] = []
    left = MOST_CHARACTERS
    for piece in pieces:
        kept.append(piece)
        left -= len(piece)
        if left < 0:
            raise OverflowError(f"it makes more than {MOST_CHARACTERS:,} characters")
    _step((MOST_CHARACTERS - left) // _CHARACTERS)
    return "".join(kept)


def _shown(value: Any) -> Any:
    """What is written of an expression."""
    if not isinstance(value, str):
        _reckon(_size(value))
    return value


def _listed(args: list[Any], at: int) -> None:
    """What is to be joined as a list, whose size can be told."""
    if at < len(args) and isinstance(args[at], Iterable) and not isinstance(args[at], str):
        args[at] = [*args[at]]


def _filter(name: str, made: Callable[..., Any], times: int = 0) -> Callable[..., Any]:
    # Jinja2 hands some of them its context first.
    value_at = int(hasattr(made, "jinja_pass_arg"))

    @wraps(made)
    def bounded(*given: Any, **named: Any) -> Any:
        args = list(given)
        if name == "join":
            _listed(args, value_at)
        value, asked = args[value_at], [*args[value_at + 1 :], *named.values()]
        if name not in ("default", "d") and any(isinstance(one, int) and abs(one) > _MOST_ASKED for one in asked):
            raise OverflowError("the result would be too large")
        if name == "join":
            separator = named.get("d", asked[0] if asked else "")
            _reckon(_size_made("join", str(separator), [value]))
        elif name == "replace":
            _reckon(_size_made("replace", str(value), map(str, asked)))
        elif name == "tojson":  # each line of which may be indented
            _reckon(_size(value) * (1 + sum(one for one in asked if isinstance(one, int))))
        else:
            _reckon(size := _size([value, *asked]))
            _step(min(size, _LOOKED_AT) * times // _CHARACTERS)
        result = made(*args, **named)
        _reckon(_size(result))
        return result

    return bounded


class _Code(CodeGenerator):
    def visit_Concat(self, node: jinja2.nodes.Concat, frame: Frame) -> None:  # noqa: N802 (Jinja2's name)
        """`a ~ b`, which Jinja2 lets grow without asking."""
        self.write("concat(map(str, (")
        for one in node.nodes:
            self.visit(one, frame)
            self.write(", ")
        self.write(")))")


class Environment(ImmutableSandboxedEnvironment):
    """The sandbox, bounded while `ending` is entered; posts are plain text, in which nothing is to be escaped."""

    code_generator_class = _Code
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    concat = staticmethod(joined)

    def __init__(self, filters: Mapping[str, Callable[..., Any]], undefined: type[jinja2.Undefined]) -> None:
        super().__init__(
            undefined=undefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            # Constant expressions are not worked out beforehand, where nothing counts.
            optimized=False,
            finalize=_shown,
        )
        del self.globals["lipsum"]
        of_jinja = {name: _filter(name, one) for name, one in self.filters.items() if name not in LEFT_OUT}
        self.filters = of_jinja | {name: _filter(name, one, _TIMES) for name, one in filters.items()}

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """What `left` and `right` make. Raises OverflowError where that would be too large."""
        if isinstance(left, int) and isinstance(right, int):
            bits = abs(left).bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
            size = MOST_CHARACTERS + 1 if bits > _MOST_BITS else 1
        elif operator == "*":
            several, times = (left, right) if hasattr(left, "__len__") else (right, left)
            size = _size(several) * times if isinstance(times, int) else 1
        elif operator == "%" and isinstance(left, str):
            size = MOST_CHARACTERS + 1 if _WIDE.search(left) else len(left) + left.count("%") * _size(right)
        else:
            size = _size(left) + _size(right)
        _reckon(size)
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> None:
        """Nothing: no `format` is safe (see `is_safe_attribute`), and Jinja2 would ask for this one first."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Also not those that make a text as long as a number says."""
        return attr not in _NO_METHODS and super().is_safe_attribute(obj, attr, value)

    def call(__self, __context: jinja2.runtime.Context, __obj: Any, *args: Any, **named: Any) -> Any:  # noqa: N805
        """A call in a template. Raises OverflowError where what it makes would be too large."""
        owner, given = getattr(__obj, "__self__", None), list(args)
        if isinstance(owner, str):
            if __obj.__name__ == "join":
                _listed(given, 0)
            _reckon(_size_made(__obj.__name__, owner, given))
        return super().call(__context, __obj, *given, **named)


@contextmanager
def ending() -> Iterator[None]:
    """Raise OverflowError in the template that takes more than MOST_STEPS inside."""

    def step(_frame: FrameType, _event: str, _arg: object) -> Any:
        _step()
        return step

    def enter(frame: FrameType, event: str, arg: object) -> Any:
        return step(frame, event, arg) if frame.f_code.co_filename in _COUNTED else None

    before, token = sys.gettrace(), _steps.set([MOST_STEPS])
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)
        _steps.reset(token)
