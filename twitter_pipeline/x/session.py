"""The HTTP session that tweepy signs for: our base URL, timeouts, no hidden repeats, and one judgement of outcomes.

tweepy has no timeouts, always speaks to api.twitter.com, and its exceptions stumble over bodies they do not expect
(a JSON list, a number as `detail`, words as the reset time). So this session raises the errors of
`twitter_pipeline.x.errors` itself; tweepy sees successful answers only and passes those errors on untouched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InsecureRequestWarning, MaxRetryError, NewConnectionError

from twitter_pipeline.clock import in_utc
from twitter_pipeline.config.secrecy import redacted
from twitter_pipeline.x.answers import judge
from twitter_pipeline.x.errors import NotSent, OutcomeUnknown, Transient, XError
from twitter_pipeline.x.limits import DEFAULT_WAIT, Limit, lifted_at, read, retry_after

#: What tweepy puts in front of every route.
TWEEPY_HOST = "https://api.twitter.com"
_CREATE_POST = ("POST", "/2/tweets")


class NeverConnected(NewConnectionError):
    """Connecting failed, the TLS handshake included: proof that no request was sent."""


class HeldBack(Exception):
    """The last check before the first byte of a request said no: proof that it was not sent."""


#: Called when the connection stands, right before the first byte of a request; raises HeldBack to keep it from leaving.
_last_check: ContextVar[Callable[[], None] | None] = ContextVar("_last_check", default=None)


class _Connects:
    """Marks every failure to connect, whatever its kind, before urllib3 mixes it with those that came later.

    Without it a TLS handshake that times out, for one, looks like a read timeout: as if the request had left.
    """

    sock: Any
    _connecting = False

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        except Exception as error:
            raise NeverConnected(self, str(error)) from error  # type: ignore[arg-type]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Send bytes of a request; before its first, connect and make the last check."""
        check = _last_check.get()
        if check is not None and not self._connecting:  # connecting through a proxy sends, too
            if self.sock is None:
                self.connect()
            check()
            _last_check.set(None)
        super().send(data)  # type: ignore[misc]


class _Connection(_Connects, HTTPConnection):
    pass


class _TLSConnection(_Connects, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """Sends each request once (`max_retries=0`), over connections that mark a failure to connect."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager


class Session(requests.Session):
    """Requests to X at `base_url`. Every method raises an `XError` unless X answered with 2xx.

    `timeouts` are seconds to connect and to wait for each piece of the answer. `secrets` are blotted out of
    everything this session reports, should a server echo them.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: tuple[float, float],
        secrets: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__()
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"x.base_url: {base_url!r} is not an address such as https://api.x.com")
        #: The limits last seen, by call and window: "POST /2/tweets 15min" (windows: `limits.WINDOWS`).
        self.limits: dict[str, Limit] = {}
        #: What the app may do, as X's last answer said ("read", "read-write", …); None when it did not.
        self.access_level: str | None = None
        #: When X gave its last answer, by its own clock; None when it did not say.
        self.x_time: datetime | None = None
        #: Asked right before the first byte of a request to create a post leaves; raises HeldBack to keep it back.
        self.last_check: Callable[[], None] | None = None
        self._base_url = base_url.rstrip("/")
        self._where = parts.netloc.rpartition("@")[2]
        self._timeouts = timeouts
        self._secrets = sorted({s for raw in secrets for s in (raw, quote(raw, safe="")) if s}, key=len, reverse=True)
        self._clock = clock
        # A proxy named in the environment is for the way out; what runs on this machine is not reached through it.
        self.trust_env = not _is_loopback(parts.hostname)
        if not self.trust_env:
            # Nobody vouches for a name of this machine, and nobody stands in between. Everywhere else TLS is verified.
            self.verify = False
            urllib3.disable_warnings(InsecureRequestWarning)
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def request(  # type: ignore[override]
        self, method: str | bytes, url: str | bytes, **kwargs: Any
    ) -> requests.Response:
        """Swap tweepy's host for ours before the request is signed, since the signature covers the address.

        No redirect is followed: a followed POST would be a second one.
        """
        route = str(url).removeprefix(TWEEPY_HOST)
        kwargs |= {"timeout": self._timeouts, "allow_redirects": False}
        return super().request(method, self._base_url + route, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a signed request once, and turn everything but a 2xx into an `XError`."""
        path = urlsplit(request.url or "").path.removeprefix(urlsplit(self._base_url).path)
        # The first slash is that of the version, /2.
        call = f"{request.method} {re.sub(r'(?<=.)/[0-9]+(?=/|$)', '/:id', path)}"
        creates_post = (request.method, path) == _CREATE_POST
        if creates_post:
            # A kept-alive connection that X closed meanwhile fails on its first byte exactly as one that died
            # after X acted. On a connection of its own that confusion, and an unconfirmed post for it, is spared.
            self.close()
        token = _last_check.set(self.last_check if creates_post else None)
        try:
            response = super().send(request, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it was, a post may have left
            # The cause is not kept: a server's garbage can hold our own headers.
            raise self._no_answer(call, error, creates_post) from None
        finally:
            _last_check.reset(token)

        now = self._clock()
        self.access_level = response.headers.get("x-access-level", self.access_level)
        self.x_time = _date(response.headers.get("date"))
        limits = read(response.headers, now)
        self.limits.update({f"{call} {window}": limit for window, limit in limits.items()})
        if 200 <= response.status_code < 300:
            return response
        raise judge(
            call,
            response.status_code,
            self._redacted(response.content.decode(errors="replace")).encode(),
            creates_post=creates_post,
            lifted_at=lifted_at(limits, now) if limits else retry_after(response.headers, now) or now + DEFAULT_WAIT,
            back_at=retry_after(response.headers, now),
        )

    def _no_answer(self, call: str, error: Exception, creates_post: bool) -> XError:
        if isinstance(error, HeldBack):
            return NotSent(str(error))
        reason = self._redacted(_reason(error))
        if _never_left(error) and "CERTIFICATE_VERIFY_FAILED" in reason.upper().replace(" ", "_"):
            return NotSent(
                f"{self._where} cannot prove who it is: {reason}. Nothing was sent.",
                remedy="If it is a server or proxy of your own, name the file with its authority's certificate in the"
                " environment variable REQUESTS_CA_BUNDLE; otherwise somebody may be in between.",
            )
        if _never_left(error):
            return NotSent(
                f"Nobody could be reached at {self._where}: {reason}.",
                remedy="Check the network, and x.base_url in config.yaml.",
                is_outage=True,
            )
        message = f"No complete answer came from {self._where} to {call}: {reason}."
        if creates_post:
            return OutcomeUnknown(message, is_outage=True)
        return Transient(message, is_outage=True)

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return redacted(text)  # those of others too, before what is quoted is cut short


def _date(header: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(header or "")
        return in_utc(found)
    except (ValueError, TypeError, OverflowError):
        return None


def _never_left(error: Exception) -> bool:
    """Whether `error` proves that no connection was made.

    Only the error itself is looked into. Its `__context__` may hold an older failure that the caller is just
    handling, which says nothing about this request.
    """
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else None
    return isinstance(getattr(reason, "original_error", reason), NeverConnected)


def _reason(error: BaseException) -> str:
    """The innermost cause in words, without the layers that requests and urllib3 wrap around it."""
    while True:
        inside = [error.__cause__, getattr(error, "reason", None), *error.args]
        inner = next((candidate for candidate in inside if isinstance(candidate, BaseException)), None)
        if inner is None:
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            return str(words).rstrip(".")
        error = inner


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
