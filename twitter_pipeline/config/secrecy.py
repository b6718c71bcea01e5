"""What this process must not say: the secrets it has read, in every form they are written in, and text without them.

Whoever reads a secret tells `keep`: the configuration when it is loaded, the vault when it decrypts. What a process
says goes through `redacted` (see `redaction`), and so does what it writes into a database (`store.redacting`).
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote, urlsplit

from pydantic import BaseModel, SecretStr

#: What stands where a secret stood.
BLOT = "***"
#: What is shorter, or an ordinary word, also stands where it is no secret: blotting it out would spoil what is said.
SHORTEST = 8
LONG = 24

#: Variables whose value is a key, or an address that may hold a password.
_KEY_VARIABLES = ("TWITTER_PIPELINE_KEY",)
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")

_PASSWORD_OF_ADDRESS = re.compile(r"(?<=://)([^/@\s:]*:)[^/@\s]+(?=@)")

_kept: frozenset[str] = frozenset()
_forms: tuple[str, ...] = ()


def keep(secrets: Iterable[str]) -> None:
    """From now on these are not said. They are never forgotten: what was replaced is still in use elsewhere."""
    global _kept, _forms
    new = {secret for secret in secrets if is_distinct(secret)} - _kept
    if new:
        _kept = _kept | new
        _forms = forms_of(_kept)


def is_distinct(secret: str) -> bool:
    """Whether text that holds it says the secret: not by chance, as with a password such as "postgres"."""
    mixed = any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))
    return len(secret) >= LONG or (len(secret) >= SHORTEST and mixed)


def redacted(text: str) -> str:
    """`text` with each known secret replaced by `BLOT`."""
    for form in _forms if len(text) >= SHORTEST else ():
        if form in text:
            text = text.replace(form, BLOT)
    return text


def redacted_for_log(text: str) -> str:
    """The same, and without the password of any address: of words for people, which nothing is compared with."""
    text = redacted(text)
    return _PASSWORD_OF_ADDRESS.sub(rf"\1{BLOT}", text) if "@" in text and "://" in text else text


def shows_secret(text: str) -> bool:
    """Whether a known secret stands in it."""
    return any(form in text for form in _forms)


def forms_of(secrets: Iterable[str]) -> tuple[str, ...]:
    """How they are written: as they are, in addresses, JSON, Python, HTML and base64; the longest first."""
    forms = {form for secret in secrets for form in _forms_of(secret) if len(form) > 1}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _forms_of(secret: str) -> Iterator[str]:
    yield secret
    for once in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield once
        yield quote(once, safe="")  # what OAuth signs
    for ascii_only in (True, False):
        yield json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    yield repr(secret)[1:-1]
    yield html.escape(secret)
    if len(secret) >= SHORTEST:
        yield from _in_base64(secret.encode("utf-8", "surrogatepass"))


def _in_base64(secret: bytes) -> Iterator[str]:
    """What stands in base64 of any text that holds it: all but the digits at its ends, which its neighbours share."""
    for before in range(3):
        digits = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        if not before:  # it alone
            yield digits
            yield digits.replace("+", "-").replace("/", "_")
        first = (0, 2, 3)[before]
        last = len(digits) if (before + len(secret)) % 3 == 0 else len(digits) - 1
        yield digits[first:last]
        yield digits[first:last].replace("+", "-").replace("/", "_")


def secrets_of(settings: BaseModel, environ: Mapping[str, str] = os.environ) -> set[str]:
    """Every secret of a configuration, and those of the environment that no setting names.

    Of an address (`database_url`, a proxy) it is the password, as it is and as the address writes it; of one that
    alerts go to, every part that may be a token.
    """
    found = {part for value in _values_of(settings) for part in _parts_of(value)}
    for name in _KEY_VARIABLES:
        found |= {key.strip() for key in environ.get(name, "").split(",")}
    for name in _PROXY_VARIABLES:
        for value in (environ.get(name, ""), environ.get(name.upper(), "")):
            found |= _password_of(value)
    return found - {""}


def _values_of(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _values_of(getattr(value, name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _values_of(item)


def _parts_of(value: str) -> set[str]:
    scheme, separator, rest = value.partition("://")
    if not separator:
        return {value}
    if scheme.startswith(("postgres", "http")):
        return _password_of(value)
    return {value, *_tokens_of(rest)}


def _tokens_of(rest: str) -> Iterator[str]:
    """What may be a token in an address of Apprise after its scheme: a token may stand where others have the host."""
    place, _, query = rest.partition("?")
    server, *path = place.split("/")
    user, _, host = server.rpartition("@")
    name, _, password = user.partition(":")
    given = [*path, *(pair.partition("=")[2] for pair in query.split("&"))]
    parts = [part for part in given if "@" not in unquote(part)]  # whom a mail is for is no secret
    parts.append(password or name)
    if "." not in host and not host.startswith("localhost"):
        parts.append(host)
    for part in parts:
        yield part
        yield unquote(part)


def _password_of(address: str) -> set[str]:
    try:
        password = urlsplit(address).password or ""
    except ValueError:
        return set()
    return {password, unquote(password)}
