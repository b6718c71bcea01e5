"""`alert list`, `alert test` and `alert acknowledge`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, CannotStart, WrongCommand
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    from twitter_pipeline.alerting.keeping import Alert
    from twitter_pipeline.alerting.outbox import Unsent

#: Why, where there is no address.
NOBODY = "alerts.urls is empty, and alerts.mail sends to no owner's email"


def show(settings: Settings, *, every: bool, as_json: bool) -> int:
    """List alerts, newest first."""
    from twitter_pipeline.alerting import keeping, outbox
    from twitter_pipeline.alerting.channels import channels
    from twitter_pipeline.store.engine import reading

    engine = prepared(settings)
    with database_errors(), reading(engine) as connection:
        alerts = keeping.listing(connection, closed=every)
        unsent = outbox.unsent(connection)
    if as_json:
        output.print_json({"alerts": [asdict(one) for one in alerts], "unsent": [asdict(one) for one in unsent]})
    else:
        _tell(alerts, unsent, can_tell=bool(channels(settings)))
    open_ones = (alert for alert in alerts if alert.closed_at is None)
    return NEEDS_A_PERSON if any(alert.acknowledged_at is None for alert in open_ones) else OK


def _tell(alerts: list[Alert], unsent: list[Unsent], *, can_tell: bool) -> None:
    from rich.text import Text

    console = output.console()
    for alert in alerts:
        if alert.closed_at is not None:
            style, state = "", f"over since {output.when(alert.closed_at)}"
        elif alert.acknowledged_by is not None:
            style, state = "yellow", f"{alert.acknowledged_by} knows"
        else:
            style, state = "bold red", "open"
        since = f"since {output.when(alert.opened_at)}"
        console.print(Text(f"{alert.id}  {alert.title}  ({state}, {since})", style=style), soft_wrap=True)
        for line in [*alert.message.splitlines(), alert.remedy, *([alert.link] if alert.link else [])]:
            console.print(Text(f"    {line}"), soft_wrap=True)
    if not alerts:
        console.print("nothing needs you")
    for one in unsent:
        said = f"not sent to {one.channel} yet: {one.title}; next try {output.when(one.next_at)}"
        console.print(Text(f"{said}{f': {one.error}' if one.error else ''}", style="yellow"), soft_wrap=True)
    if not can_tell:
        console.print(f"nobody is told: {NOBODY}")


def test(settings: Settings) -> int:
    """Send a message to each channel now, past quiet hours and the outbox."""
    from twitter_pipeline.alerting import sending
    from twitter_pipeline.alerting.channels import channels

    addresses = channels(settings)
    if not addresses:
        raise CannotStart(f"nobody is told: {NOBODY}; write an address, such as ${{ALERT_MAIL}}; see docs/alerts.md")
    title = "[sandbox] a test" if settings.mode == "sandbox" else "a test"
    failed = 0
    for channel, address in addresses.items():  # one by one: the next does not wait for one that hangs
        (why_not,) = sending.send([(address, title, "Alerts of the publishing pipeline arrive here.")])
        output.say(f"{channel}: {'sent' if why_not is None else f'not sent: {why_not}'}")
        failed += why_not is not None
    return NEEDS_A_PERSON if failed else OK


def acknowledge(settings: Settings, number: int, by: str | None) -> int:
    """Note that a person knows of an alert."""
    from twitter_pipeline.alerting import keeping
    from twitter_pipeline.store.engine import writing

    who = by or actor()
    engine = prepared(settings)
    try:
        with database_errors(), writing(engine) as connection:
            done = keeping.acknowledge(connection, number, who, now=utc_now())
    except LookupError as error:
        raise WrongCommand(f"{error}; twitter-pipeline alert list shows them") from None
    typer.echo(f"{number}: {who} knows" if done else f"{number} is over already")
    return OK
