"""One account's connection to X: tweepy signs the requests, our session carries and judges them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
import tweepy

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Credentials
from twitter_pipeline.x.answers import data_of
from twitter_pipeline.x.errors import Transient
from twitter_pipeline.x.limits import Limit
from twitter_pipeline.x.session import TWEEPY_HOST, Session

_USER_AGENT = "twitter-pipeline"
#: At DEBUG these write the Authorization header and the signature into the log.
_TALKATIVE = ("oauthlib", "requests_oauthlib")


@dataclass(frozen=True)
class Me:
    """The account that the credentials belong to."""

    id: str
    username: str
    name: str
    #: X's name for its subscription, "None" without one; None where X does not say.
    subscription: str | None = None


class XClient:
    """Signed requests for one account. Made by `connect`; not to be shared between threads that use it at once."""

    def __init__(self, session: Session, signer: tweepy.Client, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._signer = signer
        #: The present moment (aware, UTC), replaceable in tests.
        self.clock = clock

    @property
    def limits(self) -> dict[str, Limit]:
        """The limits X named last, by call and window, such as "POST /2/tweets 15min"."""
        return self._session.limits

    @property
    def access_level(self) -> str | None:
        """What the app may do, as X's last answer said: "read", "read-write", …; None when it did not."""
        return self._session.access_level

    @property
    def x_time(self) -> datetime:
        """The time by X's own clock as of its last answer (aware, UTC, whole seconds); ours where it did not say."""
        return self._session.x_time or self.clock()

    def me(self) -> Me:
        """Whose credentials these are (GET /2/users/me). Raises AccountRefused when X does not know them."""
        data = self.call("GET", "/2/users/me", params={"user.fields": "subscription_type"})
        try:
            subscription = data.get("subscription_type")
            return Me(
                id=str(data["id"]),
                username=str(data["username"]),
                name=str(data["name"]),
                subscription=str(subscription) if subscription else None,
            )
        except KeyError as missing:
            raise Transient(f"X's answer to GET /2/users/me lacks {missing}.") from None

    def call(
        self, method: str, route: str, *, params: Mapping[str, str] | None = None, json: Any = None
    ) -> dict[str, Any]:
        """Send one request and return the `data` object of the answer, empty when it has none that can be read."""
        return data_of(self.request(method, route, params=params, json=json))

    def request(self, method: str, route: str, *, params: Mapping[str, str] | None = None, json: Any = None) -> bytes:
        """Send one request and return the body of its 2xx answer. Raises `XError` for everything else."""
        response: requests.Response = self._signer.request(method, route, params=params, json=json, user_auth=True)
        return response.content

    def send_chunk(self, route: str, *, fields: Mapping[str, str], media: bytes) -> None:
        """POST `media` as multipart form data, which tweepy cannot. The form is not part of the signature."""
        signer = self._signer
        auth = tweepy.OAuth1UserHandler(
            signer.consumer_key, signer.consumer_secret, signer.access_token, signer.access_token_secret
        ).apply_auth()
        files = {"media": ("media", media, "application/octet-stream")}
        self._session.request("POST", TWEEPY_HOST + route, data=fields, files=files, auth=auth)

    def check_before_posting(self, check: Callable[[], None]) -> None:
        """Call `check` right before the first byte of a request to create a post leaves: once the connection stands.

        It raises `session.HeldBack` to keep the request back, which then ends as NotSent.
        """
        self._session.last_check = check

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


def connect(
    credentials: Credentials,
    *,
    base_url: str,
    connect_timeout: timedelta,
    read_timeout: timedelta,
    clock: Callable[[], datetime] = utc_now,
) -> XClient:
    """A client for the account of `credentials`; nothing is sent yet.

    `base_url` is `settings.x_base_url`; ValueError when it is no address. `read_timeout` bounds the wait for each
    piece of an answer, not for the whole. TLS certificates are verified, and proxies and `REQUESTS_CA_BUNDLE`
    from the environment hold, unless the address is this machine's.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    keys = (
        credentials.api_key,
        credentials.api_secret,
        credentials.access_token,
        credentials.access_token_secret,
    )
    session = Session(
        base_url,
        timeouts=(connect_timeout.total_seconds(), read_timeout.total_seconds()),
        secrets=keys,
        clock=clock,
    )
    session.headers["User-Agent"] = _USER_AGENT
    # Never wait_on_rate_limit: without a reset header tweepy would call again at once, for ever.
    signer = tweepy.Client(
        consumer_key=keys[0],
        consumer_secret=keys[1],
        access_token=keys[2],
        access_token_secret=keys[3],
        wait_on_rate_limit=False,
    )
    signer.user_agent = _USER_AGENT
    signer.session = session
    return XClient(session, signer, clock)
