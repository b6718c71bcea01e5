"""OAuth 1.0a (RFC 5849), the server's side: the signature is computed again from the request as it arrived.

The sandbox's credentials follow a convention instead of a registration: see :func:`secrets_of`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from twitter_pipeline.sandbox.problems import unauthorized
from twitter_pipeline.sandbox.state import State, User

API_KEY = "sandbox-key"
API_SECRET = "sandbox-secret"  # noqa: S105 - the published secret of a stand-in
_TOKEN = re.compile(r"sandbox-token-(?P<username>[A-Za-z0-9_.-]{1,64})")

#: How far a request's clock may be off, in seconds either way (X: 5 minutes).
TIMESTAMP_WINDOW = 300
_REQUIRED = ("oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method")


def secrets_of(username: str) -> tuple[str, str]:
    """The access token and its secret of an account of the sandbox."""
    return f"sandbox-token-{username}", f"sandbox-token-secret-{username}"


@dataclass(frozen=True)
class Signed:
    """The parts of a request its signature covers.

    `path` and `query` are as sent (still percent-encoded); `form` is the body if it is
    application/x-www-form-urlencoded, else empty: JSON and multipart bodies are not signed.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    form: str
    authorization: str


def authenticate(state: State, request: Signed) -> User:
    """The account that signed `request`; made on its first valid request.

    Raises the 401 X gives for a missing, wrong, stale or repeated signature and for a revoked token.
    """
    oauth = _parse_header(request.authorization)
    missing = [name for name in (*_REQUIRED, "oauth_token", "oauth_timestamp") if not oauth.get(name)]
    if missing:
        raise unauthorized(f"the Authorization header lacks {', '.join(missing)}")
    if oauth["oauth_signature_method"] != "HMAC-SHA1":
        raise unauthorized("only HMAC-SHA1 signatures are accepted")
    if oauth.get("oauth_version", "1.0") != "1.0":
        raise unauthorized("oauth_version is not 1.0")
    if oauth["oauth_consumer_key"] != API_KEY:
        raise unauthorized(f"unknown API key (the sandbox's is {API_KEY!r})")
    token = _TOKEN.fullmatch(oauth["oauth_token"])
    if token is None:
        raise unauthorized("unknown access token (the sandbox's are 'sandbox-token-<username>')")
    username = token["username"]
    _, token_secret = secrets_of(username)
    expected = _signature(request, oauth, f"{_encode(API_SECRET)}&{_encode(token_secret)}")
    if not hmac.compare_digest(expected.encode(), oauth["oauth_signature"].encode()):
        raise unauthorized("the signature does not match: wrong secret, or another URL or parameters were signed")
    _use_once(state, oauth)
    user = state.ensure_user(username)
    if user.revoked:
        raise unauthorized(f"access of {username} was revoked")
    return user


def account_of(authorization: str) -> str:
    """The account that a request claims to come from, unchecked; empty when it names none."""
    claimed = re.search(r'oauth_token="([^"]*)"', authorization)
    token = _TOKEN.fullmatch(unquote(claimed[1])) if claimed else None
    return token["username"] if token else ""


def _parse_header(authorization: str) -> dict[str, str]:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "oauth":
        raise unauthorized("no OAuth 1.0a Authorization header")
    parameters: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or len(value) < 2 or value[0] != '"' or value[-1] != '"':
            raise unauthorized("the Authorization header cannot be read")
        if unquote(name) in parameters:
            raise unauthorized("a parameter stands twice in the Authorization header")
        parameters[unquote(name)] = unquote(value[1:-1])
    return parameters


def _signature(request: Signed, oauth: dict[str, str], key: str) -> str:
    signed = [(k, v) for k, v in oauth.items() if k not in ("oauth_signature", "realm")]
    signed += parse_qsl(request.query, keep_blank_values=True)
    signed += parse_qsl(request.form, keep_blank_values=True)
    base = "&".join(_encode(part) for part in (request.method.upper(), _base_uri(request), _normalized(signed)))
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _base_uri(request: Signed) -> str:
    """RFC 5849 section 3.4.1.2: lower-case scheme and host, no default port, no query."""
    scheme, host = request.scheme.lower(), request.host.lower()
    default = {"http": ":80", "https": ":443"}.get(scheme, "")
    return f"{scheme}://{host.removesuffix(default) if default else host}{request.path}"


def _normalized(parameters: Iterable[tuple[str, str]]) -> str:
    """RFC 5849 section 3.4.1.3.2: encoded first, then sorted by name and value."""
    return "&".join(f"{k}={v}" for k, v in sorted((_encode(k), _encode(v)) for k, v in parameters))


def _encode(text: str) -> str:
    return quote(text, safe="~")


def _use_once(state: State, oauth: dict[str, str]) -> None:
    """Refuse a stale timestamp and a nonce seen before. Only called for a valid signature: nobody else may burn one."""
    now = state.now_ms() // 1000
    try:
        timestamp = int(oauth["oauth_timestamp"])
    except ValueError:
        raise unauthorized("oauth_timestamp is not a number") from None
    if abs(now - timestamp) > TIMESTAMP_WINDOW:
        raise unauthorized(f"oauth_timestamp is {abs(now - timestamp)} s off; check the clock")
    with state.quick_transaction() as db:
        db.execute("DELETE FROM nonces WHERE timestamp < ?", (now - TIMESTAMP_WINDOW,))
        seen = db.execute(
            "INSERT OR IGNORE INTO nonces (token, nonce, timestamp) VALUES (?, ?, ?)",
            (oauth["oauth_token"], oauth["oauth_nonce"], timestamp),
        )
        if seen.rowcount == 0:
            raise unauthorized("this oauth_nonce was used before")
