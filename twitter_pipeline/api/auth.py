"""Who asks: the bearer token of a request, and what it allows."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from twitter_pipeline.api.context import Context
from twitter_pipeline.api.problems import Problem
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import tokens
from twitter_pipeline.store.engine import asking, writing
from twitter_pipeline.store.tokens import Token

#: Longer ones are not looked at.
_LONGEST = 200
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

_bearer = HTTPBearer(auto_error=False, description="A token: the first is in the data folder's `api-token`.")


async def context_of(request: Request) -> Context:  # async: not in a thread of its own, which costs more than it does
    """What all requests share."""
    context: Context = request.app.state.context
    return context


Shared = Annotated[Context, Depends(context_of)]


def _token_of(
    request: Request,
    context: Shared,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Token:
    """The token of the request. Raises Problem (401)."""
    if given is None or len(given.credentials) > _LONGEST:
        raise Problem(
            401, "a token is needed: Authorization: Bearer TOKEN", field="header.authorization", headers=_CHALLENGE
        )
    now = utc_now()
    with asking(context.engine) as connection:
        token = tokens.find(connection, given.credentials)
    if token is None:
        raise Problem(
            401, "the token is none of ours, or was revoked", field="header.authorization", headers=_CHALLENGE
        )
    if token.last_used_at is None or now - token.last_used_at > tokens.USED:
        with writing(context.engine) as connection:
            tokens.used(connection, token, now=now)
    request.state.user = token.user
    return token


class _Allows:
    """A dependency: the token, if it has the scope, and asks for nothing that the call does not know."""

    def __init__(self, scope: str) -> None:
        self._scope = scope

    async def __call__(self, request: Request, token: Annotated[Token, Depends(_token_of)]) -> Token:
        if self._scope not in token.scopes:
            raise Problem(403, f"the token lacks the scope {self._scope!r}", field="header.authorization")
        _refuse_unknown(request)
        return token


def _refuse_unknown(request: Request) -> None:
    """Raise Problem (422) for a parameter that the call does not have: left out, a filter would let all through."""
    if not request.query_params:
        return
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "the call has none"
            raise Problem(422, f"there is no such parameter; {there_are}", field=f"query.{name[:100]}")


def allows(scope: str) -> Any:
    """What a handler's parameter depends on that needs a token with this scope."""
    return Depends(_Allows(scope))


Reader = Annotated[Token, allows("read")]
Publisher = Annotated[Token, allows("publish")]
Admin = Annotated[Token, allows("admin")]
