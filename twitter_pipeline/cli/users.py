"""`twitter-pipeline user …` and `token …`: who uses the API, and what opens it to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK, WrongCommand
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings
from twitter_pipeline.clock import utc_now

user_app = group("People: they own projects and tokens.")
token_app = group("Tokens of the API.")

_NAME = r"[A-Za-z0-9_]{1,50}"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"


@user_app.command("add")
@ends_with_code
def add_user(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits or _.")],
    email: Annotated[
        Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option("--email", metavar="ADDRESS", help="Where alerts about their projects go.", show_default=False),
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Add a user who is not in config.yaml."""
    from twitter_pipeline.store import people
    from twitter_pipeline.store.engine import writing

    if not re.fullmatch(_NAME, name):
        raise WrongCommand(f"{name!r} is no name for a user: 1 to 50 letters, digits or _")
    if email is not None and not re.fullmatch(_EMAIL, email):
        raise WrongCommand(f"{email!r} is no e-mail address")
    engine = prepared(load_settings(config))
    with database_errors(), writing(engine) as connection:
        if not people.add(connection, name, email, now=utc_now(), actor=actor()):
            raise WrongCommand(f"there is a user {name!r} already")
    typer.echo(f"added {name}; a token for them: twitter-pipeline token create --user {name} --name laptop")
    return OK


@user_app.command("list")
@ends_with_code
def list_users(json: JsonOption = False, config: ConfigOption = None) -> int:
    """Show all users, and the projects that are theirs."""
    from twitter_pipeline.store import people
    from twitter_pipeline.store.engine import reading

    engine = prepared(load_settings(config))
    with database_errors(), reading(engine) as connection:
        found = people.listing(connection)
    if json:
        output.print_json([asdict(one) for one in found])
        return OK
    rows = [(one.name, one.email or "–", ", ".join(one.projects) or "–") for one in found]
    return _table(("user", "e-mail", "projects"), rows)


@token_app.command("create")
@ends_with_code
def create_token(
    name: Annotated[str, typer.Option("--name", help="What it is for, such as laptop.", show_default=False)],
    user: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--user", metavar="NAME", help="Whose it is; the first user's.", show_default=False),
    ] = None,
    scope: Annotated[
        list[str],
        typer.Option("--scope", help="read, publish (post, scan, decide) or admin (tokens); may be repeated."),
    ] = ["read"],  # noqa: B006 - Typer copies it
    config: ConfigOption = None,
) -> int:
    """Make a token and print it, this once."""
    from twitter_pipeline.store import tokens
    from twitter_pipeline.store.engine import writing

    if unknown := sorted(set(scope) - set(tokens.SCOPES)):
        raise WrongCommand(f"there is no scope {unknown[0]!r}: {', '.join(tokens.SCOPES)}")
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise WrongCommand("--name needs 1 to 200 characters that can be printed")
    settings = load_settings(config)
    engine = prepared(settings)
    owner = user or settings.users[0].name
    try:
        with database_errors(), writing(engine) as connection:
            _, token = tokens.create(connection, owner, name, scope, now=utc_now(), actor=actor())
    except tokens.NoUser as error:
        raise WrongCommand(str(error)) from None
    typer.echo(token)
    return OK


@token_app.command("list")
@ends_with_code
def list_tokens(json: JsonOption = False, config: ConfigOption = None) -> int:
    """Show all tokens: whose, what for, when used last. Never what opens anything."""
    from twitter_pipeline.store import tokens
    from twitter_pipeline.store.engine import reading

    engine = prepared(load_settings(config))
    with database_errors(), reading(engine) as connection:
        found = tokens.listing(connection)
    if json:
        output.print_json([asdict(one) for one in found])
        return OK
    rows = [
        (
            str(one.id),
            one.user,
            one.name,
            f"tp_{one.prefix}_…",
            ", ".join(one.scopes),
            output.when(one.last_used_at),
            "–" if one.revoked_at is None else f"revoked {output.when(one.revoked_at)}",
        )
        for one in found
    ]
    return _table(("id", "user", "name", "token", "scopes", "last used", ""), rows)


@token_app.command("revoke")
@ends_with_code
def revoke_token(
    token: Annotated[int, typer.Argument(metavar="NUMBER", help="Its number in `token list`.")],
    config: ConfigOption = None,
) -> int:
    """Let a token open nothing from now on."""
    from twitter_pipeline.store import tokens
    from twitter_pipeline.store.engine import writing

    engine = prepared(load_settings(config))
    with database_errors(), writing(engine) as connection:
        if not (0 < token < 2**63 and tokens.revoke(connection, token, now=utc_now(), actor=actor())):
            raise WrongCommand(f"there is no token {token}, or it was revoked before; twitter-pipeline token list")
    typer.echo(f"token {token} is revoked")
    return OK


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> int:
    from rich.text import Text

    table = output.table(*head)
    for row in rows:
        table.add_row(*map(Text, row))
    output.console().print(table)
    return OK
