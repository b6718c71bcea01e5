"""Tokens over the API; `twitter-pipeline token` does the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field

from twitter_pipeline.api.auth import Admin, Shared
from twitter_pipeline.api.fields import Body, Id, Text
from twitter_pipeline.api.models import NewToken, TokenOut, Tokens
from twitter_pipeline.api.problems import Problem, also
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import tokens
from twitter_pipeline.store.engine import reading, writing

router = APIRouter(tags=["tokens"])


class TokenIn(Body):
    """Whose token, what for, and what it allows."""

    user: Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,50}$")]
    name: Text
    scopes: Annotated[list[Literal["read", "publish", "admin"]], Field(min_length=1, max_length=3)]


@router.get("/api/tokens")
def list_tokens(_: Admin, context: Shared) -> Tokens:
    """All tokens, revoked ones too; never what opens anything."""
    with reading(context.engine) as connection:
        found = tokens.listing(connection)
    return Tokens(tokens=[TokenOut(**asdict(token)) for token in found])


@router.post("/api/tokens", status_code=201, responses=also(404))
def create_token(wanted: TokenIn, who: Admin, context: Shared) -> NewToken:
    """Make a token. It is shown this once."""
    try:
        with writing(context.engine) as connection:
            made = (wanted.user, wanted.name, wanted.scopes)
            id, token = tokens.create(connection, *made, now=utc_now(), actor=who.user)
    except tokens.NoUser as error:
        raise Problem(404, str(error), field="body.user") from None
    return NewToken(id=id, token=token)


@router.delete("/api/tokens/{token_id}", status_code=204, responses=also(404))
def revoke_token(token_id: Annotated[Id, Path(description="The token's number.")], who: Admin, context: Shared) -> None:
    """Let a token open nothing from now on."""
    with writing(context.engine) as connection:
        if not tokens.revoke(connection, token_id, now=utc_now(), actor=who.user):
            raise Problem(404, f"there is no token {token_id}, or it was revoked before", field="path.token_id")
