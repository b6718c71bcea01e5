"""docs/alerts.md says what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from twitter_pipeline.alerting import causes, keeping, outbox
from twitter_pipeline.alerting.cause import SKIPPED_LATELY, Kind
from twitter_pipeline.alerting.channels import channels
from twitter_pipeline.cli.up import alerting
from twitter_pipeline.config import load

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_every_kind_of_alert_has_a_row() -> None:
    rows = PAGE.split("| alert | when |")[1].split("\n\n")[0].splitlines()[2:]
    assert len(rows) == len(Kind)


def test_its_numbers_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    for said in (
        f"for {causes.SILENCE // MINUTE} minutes ({causes.LONG_SCAN // HOUR} hours amid an archive)",
        f"gone for {['five'][keeping.GONE_FOR // MINUTE - 5]} minutes until its alert is closed",
        f"in the last {['seven'][SKIPPED_LATELY // DAY - 7]} days",
        f"no life for {['three'][round(alerting.GONE_AFTER / 60) - 3]} minutes",
        f"for {['seven'][outbox.TRIED_FOR // DAY - 7]} days",
        f"the {['three'][causes.NAMED - 3]} newest by name",
    ):
        assert said in text


def test_its_examples_are_valid(tmp_path: Path) -> None:
    environ = {"ALERT_MAIL": "mailtos://ann:pw@example.com", "ALERT_CHAT": "tgram://bottoken/ChatID"}
    environ["ALERT_SMTP"] = environ["ALERT_MAIL"]
    told = []
    for example in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / "config.yaml").write_text(example, encoding="utf-8")
        told.append(len(channels(load(tmp_path / "config.yaml", environ=environ))))
    assert told == [2, 2]
