"""Refusals, worded as X words them (its OpenAPI document 2.167 and answers seen in production)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# X's own documents use both api.twitter.com and api.x.com here; clients have to match the end only.
_INVALID_REQUEST = "https://api.twitter.com/2/problems/invalid-request"
_NOT_FOUND = "https://api.x.com/2/problems/resource-not-found"
_CREDITS = "https://api.twitter.com/2/problems/credits"
_OAUTH1_PERMISSIONS = "https://api.x.com/2/problems/oauth1-permissions"


#: What X says to words it has already.
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


class Refusal(Exception):
    """A request answered with an error.

    `why` goes out as the header ``x-sandbox-reason``: X says only "Unauthorized", a person needs to know more.
    """

    def __init__(
        self, status: int, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None, why: str = ""
    ) -> None:
        super().__init__(f"{status} {why or body.get('detail', '')}")
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})
        if why:
            self.headers["x-sandbox-reason"] = why


def plain(status: int, title: str, detail: str | None = None) -> dict[str, Any]:
    """The body X uses where it has no problem type of its own."""
    return {"title": title, "detail": detail or title, "type": "about:blank", "status": status}


def unauthorized(why: str) -> Refusal:
    return Refusal(401, plain(401, "Unauthorized"), why=why)


def credits_depleted() -> dict[str, Any]:
    """The body of X's 402."""
    detail = "Your enrolled account [1] does not have any credits to fulfill this request."
    return {"account_id": 1, "title": "CreditsDepleted", "detail": detail, "type": _CREDITS}


def forbidden(detail: str) -> Refusal:
    return Refusal(403, plain(403, "Forbidden", detail))


def no_write_permission() -> Refusal:
    detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
    return Refusal(403, {**plain(403, "Forbidden", detail), "type": _OAUTH1_PERMISSIONS})


def invalid(message: str, **parameters: Any) -> Refusal:
    """A 400: `parameters` are the refused ones by name (``media__media_ids`` stands for ``media.media_ids``)."""
    named = {
        name.replace("__", "."): [str(v) for v in (value if isinstance(value, list) else [value])]
        for name, value in parameters.items()
    }
    return Refusal(
        400,
        {
            "errors": [{"parameters": named, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": _INVALID_REQUEST,
        },
    )


def too_large(most: int) -> Refusal:
    return Refusal(413, plain(413, "Payload Too Large"), why=f"the body may have {most} bytes")


def too_many(headers: Mapping[str, str]) -> Refusal:
    return Refusal(429, plain(429, "Too Many Requests"), headers=headers)


def not_found(resource: str, parameter: str, value: str) -> dict[str, Any]:
    """What X puts into ``errors`` of a 200 when one resource does not exist."""
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": _NOT_FOUND,
    }
