"""What one setting says about another: names that must exist, names that must differ, what live mode needs.

Works on the values before they are validated, so that these mistakes are reported together with all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from twitter_pipeline.config.document import Loc
from twitter_pipeline.config.duration import parse_duration
from twitter_pipeline.config.errors import did_you_mean
from twitter_pipeline.config.people import KEYS
from twitter_pipeline.config.services import STRICT
from twitter_pipeline.config.settings import DEFAULT_USER, SANDBOX_ACCOUNT


def check(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    """Each wrong reference: where it is, and what to say."""
    live = data.get("mode") == "live"
    users = _names(data, "users", "name") or [DEFAULT_USER]
    accounts = _names(data, "accounts", "name") or ([] if live else [SANDBOX_ACCOUNT])

    for section, key in (("users", "name"), ("accounts", "name"), ("projects", "id")):
        yield from _repeated(data, section, key)
    yield from _unknown(data, "accounts", "owner", "user", users)
    yield from _unknown(data, "projects", "owner", "user", users)
    yield from _unknown(data, "projects", "account", "account", accounts)
    yield from _unknown_account_of_source(data, accounts)
    yield from _unknown_profile(data.get("x"))
    if live:
        yield from _missing_keys(data)
        yield from _missing_gemini_key(data)
        yield from _unpaced(data)


def _missing_keys(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    """An account may leave out all four: they are stored then, and start-up looks for them."""
    if not data.get("accounts"):
        yield ("accounts",), "live mode needs an account: write its name here, and its keys here or with `account add`"
    for index, account in _items(data, "accounts"):
        missing = [key for key in KEYS if account.get(key) is None]
        for key in missing if len(missing) < len(KEYS) else ():
            yield (
                ("accounts", index, key),
                f"the other keys are here; write {key}: ${{NAME_OF_A_VARIABLE}}, or none of them where they are stored",
            )


def _unpaced(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    for index, project in _items(data, "projects"):
        interval = project.get("min_interval")
        if interval is not None and project.get("max_per_day") is None and _is_zero(interval):
            yield (
                ("projects", index, "min_interval"),
                "live mode needs pacing: without an interval a whole folder would go out at once, which X takes for"
                " spam; write a longer one, or say max_per_day",
            )


def _is_zero(duration: object) -> bool:
    try:
        return not parse_duration(duration)
    except ValueError:
        return False  # reported where it is read


def _missing_gemini_key(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    gemini = data.get("gemini")
    if isinstance(gemini, dict) and gemini.get("api_key") is not None:
        return
    sources = [source for _, project in _items(data, "projects") for _, source in _items(project, "sources")]
    if any(_is_yes(source.get("gemini")) for source in sources):
        said = "live mode needs it, since a source says gemini: yes; write api_key: ${NAME_OF_A_VARIABLE}"
        yield ("gemini", "api_key"), said


def _is_yes(value: object) -> bool:
    try:
        return TypeAdapter(bool).validate_python(value)
    except ValidationError:
        return False  # reported where it is read


def _repeated(data: dict[str, Any], section: str, key: str) -> Iterator[tuple[Loc, str]]:
    seen: set[str] = set()
    for index, item in _items(data, section):
        name = item.get(key)
        if isinstance(name, str):
            if name in seen:
                yield (section, index, key), f"'{name}' is taken by another of the {section}; choose another {key}"
            seen.add(name)


def _unknown(
    data: dict[str, Any], section: str, key: str, kind: str, known: Sequence[str]
) -> Iterator[tuple[Loc, str]]:
    for index, item in _items(data, section):
        name = item.get(key)
        if isinstance(name, str) and name not in known:
            yield (section, index, key), f"there is no {kind} '{name}'; {did_you_mean(name, known)}"


def _unknown_account_of_source(data: dict[str, Any], accounts: Sequence[str]) -> Iterator[tuple[Loc, str]]:
    for index, project in _items(data, "projects"):
        for (_, number, key), words in _unknown(project, "sources", "account", "account", accounts):
            yield ("projects", index, "sources", number, key), words


def _unknown_profile(x: Any) -> Iterator[tuple[Loc, str]]:
    if not isinstance(x, dict):
        return
    name, profiles = x.get("media_profile"), x.get("media_profiles")
    known = [STRICT, *(profiles if isinstance(profiles, dict) else ())]
    if isinstance(name, str) and name not in known:
        yield ("x", "media_profile"), f"there is no '{name}' in media_profiles; {did_you_mean(name, known)}"


def _items(data: dict[str, Any], section: str) -> Iterator[tuple[int, dict[str, Any]]]:
    items = data.get(section)
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield index, item


def _names(data: dict[str, Any], section: str, key: str) -> list[str]:
    return [item[key] for _, item in _items(data, section) if isinstance(item.get(key), str)]
