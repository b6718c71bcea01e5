"""What can go wrong when talking to X, sorted by what to do next.

    XError
    ├── WaitUntil            a limit was reached: nothing happened, ask again at `until`
    ├── Refused              X understood the request and said no: nothing happened
    │   ├── AccountRefused   keys, permissions or credit: nothing of this account can go out until a person acts
    │   └── ItemRefused      this post or this media, however often it is sent
    │       └── DuplicateText  the account has posted these words already, perhaps in an earlier attempt of ours
    ├── Transient            had no effect, or may be repeated: try again soon
    │   ├── NotSent          no connection was made, so not one byte of the request left
    │   ├── MediaNotReady    an uploaded media id is not known everywhere yet (seconds after its upload)
    │   └── ProcessingStuck  X does not get through with an uploaded film
    └── OutcomeUnknown       the post may be on X or not: it must not be sent again before somebody has looked

Only creating a post can end as OutcomeUnknown: every other request may be repeated.
"""

from __future__ import annotations

from datetime import datetime


class XError(Exception):
    """A request to X that did not succeed. `str()` gives the message and, where there is one, the remedy."""

    def __init__(self, message: str, *, status: int | None = None, remedy: str = "", is_outage: bool = False) -> None:
        super().__init__(f"{message} {remedy}".strip())
        #: What happened, in plain words. Never holds a credential.
        self.message = message
        #: The HTTP status X answered with; None when there was no answer.
        self.status = status
        #: What a person can do about it; empty when only time helps.
        self.remedy = remedy
        #: Whether X was not there for anybody: no connection, no answer in time, a 5xx. It says nothing of the item.
        self.is_outage = is_outage


class WaitUntil(XError):
    """A limit of X was reached (429). Nothing happened; not a failure."""

    def __init__(self, message: str, *, until: datetime, status: int | None = None) -> None:
        super().__init__(message, status=status)
        #: When the limit is lifted (aware, UTC).
        self.until = until


class Refused(XError):
    """X understood the request and refused it: nothing happened."""


class AccountRefused(Refused):
    """The account cannot do this: wrong keys (401), no credit (402), missing permission or a locked account (403)."""


class ItemRefused(Refused):
    """X will not take this text or this media, however often it is sent."""


class DuplicateText(ItemRefused):
    """X holds this text for a repetition (403). An earlier attempt may have landed: look at the timeline."""


class Transient(XError):
    """The request had no effect, or may be repeated without harm."""


class NotSent(Transient):
    """No connection was made (refused, unknown host, timed out, TLS): the request never left."""


class MediaNotReady(Transient):
    """X does not know a media id yet that it gave out itself; it does a few seconds later."""


class ProcessingStuck(Transient):
    """X does not get through with processing an upload: another one of the same file may fare better."""


class OutcomeUnknown(XError):
    """The request to create a post may have left, and no definite answer came back."""
