"""Who owns projects, and the X accounts they post as."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field

from twitter_pipeline.config.base import Section
from twitter_pipeline.config.fields import Email, Name, Secret

#: The settings of an account that hold a secret: all four, or none where they are stored (`account add`).
KEYS = ("api_key", "api_secret", "access_token", "access_token_secret")


class User(Section):
    """A person or team that owns projects and accounts."""

    name: Name = Field(description="Short name, unique.")
    email: Email | None = Field(
        None, description="E-mail address: the owner in Dagster, and where alerts of what is theirs go (`alerts.mail`)."
    )


class Account(Section):
    """An X account and its keys. Live mode needs all four, here or stored; sandbox mode uses none of them."""

    name: Name = Field(description="Short name, unique. In sandbox mode it is the user name on the sandbox's timeline.")
    owner: str = Field("", description="The user it belongs to. Without it: the first user.")
    text_limit: int | None = Field(
        None,
        ge=1,
        le=25_000,
        description="Longest text of its posts, in X's weighted characters: 25000 with X Premium."
        " Without it: `x.text_limit`.",
    )
    api_key: Secret | None = Field(None, description="API key (consumer key) from X's developer portal.")
    api_secret: Secret | None = Field(None, description="API key secret (consumer secret).")
    access_token: Secret | None = Field(None, description="Access token of the account, with write permission.")
    access_token_secret: Secret | None = Field(None, description="Access token secret of the account.")


@dataclass(frozen=True)
class Credentials:
    """The four parts of an OAuth 1.0a signature, in the clear; they never show in `repr`."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)

    @classmethod
    def for_sandbox(cls, username: str) -> Credentials:
        """The keys the sandbox takes for this user name; real keys never reach it."""
        return cls("sandbox-key", "sandbox-secret", f"sandbox-token-{username}", f"sandbox-token-secret-{username}")

    @classmethod
    def of(cls, account: Account) -> Credentials | None:
        """The account's own keys; None where config.yaml holds none of them (some of them, loading refuses)."""
        secrets = [getattr(account, key) for key in KEYS]
        return None if None in secrets else cls(*(secret.get_secret_value() for secret in secrets))
