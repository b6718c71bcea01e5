"""The kinds of text a setting may hold, each with its rule and the words for when it is broken."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from twitter_pipeline.config.errors import did_you_mean

#: In the JSON schema: a text that refers to the environment, which may stand wherever a value may.
REFERENCE = r"\$\{.+\}"


@dataclass(frozen=True)
class _Matching:
    """A text that matches a pattern as a whole; the message says it in words, the JSON schema holds the pattern."""

    pattern: str
    words: str

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.words}")
        return value

    def __get_pydantic_core_schema__(self, source: type[str], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$|{REFERENCE}"}


def _shown_as(pattern: str, *examples: str) -> WithJsonSchema:
    """What the JSON schema can say of a text whose rule is code: the pattern of nearly all that it takes."""
    schema: dict[str, Any] = {"type": "string", "pattern": f"^(?:{pattern})$|{REFERENCE}"}
    return WithJsonSchema(schema | ({"examples": list(examples)} if examples else {}))


def _relative_folder(value: str) -> str:
    folder = posixpath.normpath(value)
    if posixpath.isabs(folder) or folder == ".." or folder.startswith("../"):
        raise ValueError("must be a folder inside the project, relative to the project's path")
    return folder


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        hint = did_you_mean(value, available_timezones()) if value else "for example Europe/Berlin"
        if not hint.startswith("did"):  # all 600 would bury the message
            hint = "for example Europe/Berlin"
        raise ValueError(f"not an IANA time zone; {hint}") from None
    return value


def _hashtag(value: str) -> str:
    tag = value.lstrip("#")
    if not tag or "#" in tag or any(character.isspace() for character in tag):
        raise ValueError("a hashtag is one word without spaces")
    return tag


def _after_post(value: str) -> str:
    what, _, folder = value.strip().partition(" ")
    if what == "keep" and not folder:
        return "keep"
    if what != "move" or not folder.strip():
        raise ValueError("must be 'keep', or 'move' and a folder, such as 'move posted'")
    folder = _relative_folder(folder.strip())
    if folder == ".":
        raise ValueError("must name a folder inside the project, such as 'move posted'")
    return f"move {folder}"


def _moment(value: object) -> object:
    """A date is its first moment; pydantic's own reading would also take a number for a time."""
    if isinstance(value, datetime):
        return value
    text = value.strip() if isinstance(value, str) else ""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("must be a date or time like 2026-11-24 or 2026-11-24 18:00") from None


def _split(url: str) -> SplitResult:
    """Raises ValueError without the URL in it: it may hold a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("not a URL; check brackets and port") from None
    return parts


def _base_url(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a URL like https://api.x.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    return value.rstrip("/")


def _alert_url(value: SecretStr) -> SecretStr:
    """Raises ValueError without the address in it."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", value.get_secret_value()):
        raise ValueError("must be an address as Apprise knows them, such as mailtos://user:password@example.com")
    return value


def _mail_server(value: SecretStr) -> SecretStr:
    """Raises ValueError without the address in it."""
    scheme, _, rest = value.get_secret_value().partition("://")
    if scheme.lower() not in ("mailto", "mailtos") or not rest:
        raise ValueError("must be a mail server as Apprise knows them, such as mailtos://user:password@example.com")
    if re.search(r"[?&]to=", rest, re.IGNORECASE):
        raise ValueError("must not say `to`: each mail goes to the owner's email; for one address use alerts.urls")
    return value


_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg2"}


def _database_url(value: SecretStr) -> SecretStr:
    scheme, _, rest = value.get_secret_value().partition("://")
    if scheme not in _POSTGRES or len(_split(f"postgresql://{rest}").path) < 2:
        raise ValueError(
            "must be like postgresql+psycopg2://user:password@host:5432/database; for SQLite, leave it out"
        )
    # SQLAlchemy 2.1 reads a bare postgresql:// as psycopg 3, while dagster-postgres installs psycopg2.
    return SecretStr(f"postgresql+psycopg2://{rest}")


def _stripped(value: object) -> object:
    """Keys pasted into an environment file often end with a line break."""
    return value.strip() if isinstance(value, str) else value


Secret = Annotated[SecretStr, Field(min_length=1), BeforeValidator(_stripped)]
DatabaseUrl = Annotated[
    SecretStr, AfterValidator(_database_url), _shown_as(r"postgres(ql)?(\+psycopg2)?://[^/]+/.+", "${DATABASE_URL}")
]
BaseUrl = Annotated[str, AfterValidator(_base_url), _shown_as(r"https?://[^\s?#]+")]
Host = Annotated[str, _Matching(r"[A-Za-z0-9.:_-]+", "a host name or an IP address, such as 127.0.0.1")]
Port = Annotated[int, Field(ge=1, le=65535)]
#: Also the last part of a sandbox token and of a Dagster tag.
Name = Annotated[str, _Matching(r"[A-Za-z0-9_]{1,50}", "1 to 50 letters, digits or _")]
#: Part of asset keys, job names and group names in Dagster, so never changed once used.
ProjectId = Annotated[
    str, _Matching(r"[a-z][a-z0-9_]{0,62}", "a-z, 0-9 and _, beginning with a letter, at most 63 long")
]
QuietHours = Annotated[str, _Matching(rf"{_CLOCK} *- *{_CLOCK}", "two times of the day, such as 22:00-07:00")]
TimeOfDay = Annotated[str, _Matching(rf"{_CLOCK}|off", "a time of the day such as 09:00, or off")]
#: An address as Apprise knows them: a secret as a whole, wherever in it the token stands.
AlertUrl = Annotated[
    SecretStr,
    Field(min_length=1),
    BeforeValidator(_stripped),
    AfterValidator(_alert_url),
    _shown_as(r"[A-Za-z][A-Za-z0-9+.-]*://.+", "${ALERT_MAIL}"),
]
#: A mail server with the account that it sends as; to whom is added.
MailServer = Annotated[
    SecretStr,
    BeforeValidator(_stripped),
    AfterValidator(_mail_server),
    _shown_as(r"[Mm][Aa][Ii][Ll][Tt][Oo][Ss]?://.+", "${ALERT_SMTP}"),
]
Email = Annotated[str, _Matching(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}", "an e-mail address")]
Language = Annotated[str, _Matching(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", "a language code such as en or pt-BR")]
RelativeFolder = Annotated[str, AfterValidator(_relative_folder), _shown_as(r"(?!/|\.\.(/|$)).*")]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
#: `keep`, or `move FOLDER` with a normal relative folder.
AfterPost = Annotated[
    str, AfterValidator(_after_post), _shown_as(r" *(keep|move +(?!/|\.\./)[^ ].*)", "keep", "move posted")
]
#: Naive where no offset was written: then it is meant in the project's time zone.
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-11-24", "2026-11-24 18:00"]}),
]
Hashtag = Annotated[str, AfterValidator(_hashtag), _shown_as(r"#*[^#\s]+")]
#: A host without protocol and path, in small letters.
Site = Annotated[
    str,
    BeforeValidator(lambda value: value.lower().removeprefix("www.") if isinstance(value, str) else value),
    _Matching(r"(?i:[\w-]+(\.[\w-]+)+)", "a site such as example.com, without https:// and path"),
]
Suffix = Annotated[
    str,
    BeforeValidator(_stripped),
    _Matching(r"\S[^\n]{0,49}", "1 to 50 characters, in one line"),
]


def absolute(value: object, info: ValidationInfo) -> object:
    """A path made absolute against the base folder of the validation's context; what is no path is left to pydantic.

    `..` is taken out by name and links are not followed, so that the path reads as it was written.
    """
    if not isinstance(value, (str, Path)):
        return value
    if not str(value):
        raise ValueError("must not be empty; write . for the folder itself")
    base_dir = info.context["base_dir"] if info.context else Path.cwd()
    # abspath, since resolve() would follow links; expanduser(str), since Path's raises for an unknown user.
    return Path(os.path.abspath(base_dir / os.path.expanduser(value)))  # noqa: PTH100, PTH111
