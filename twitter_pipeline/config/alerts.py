"""Whom the pipeline tells when it needs a person, and when."""

from __future__ import annotations

from datetime import time
from typing import Literal

from pydantic import Field

from twitter_pipeline.config.base import Section
from twitter_pipeline.config.fields import AlertUrl, MailServer, QuietHours, TimeOfDay, TimeZone


class AlertSettings(Section):
    """Whom the pipeline tells when it needs a person, and when."""

    urls: tuple[AlertUrl, ...] = Field(
        (), description="Where messages go: addresses as Apprise knows them (mail, Slack, Telegram, webhooks …)."
    )
    mail: MailServer | None = Field(
        None,
        description="The server that sends alerts to the owner's `email`: an Apprise address such as"
        " `mailtos://user:password@example.com?smtp=smtp.example.com`, without `to`.",
    )
    time_zone: TimeZone = Field("UTC", description="IANA time zone of the settings below, and of times in messages.")
    quiet_hours: QuietHours | None = Field(
        None, description="When no message is sent, such as `22:00-07:00`; what comes meanwhile waits for their end."
    )
    digest: TimeOfDay = Field(
        "09:00", description="When what is open is listed once a day; on days with nothing open none is sent. Or `off`."
    )
    all_is_well: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "off"] = Field(
        "monday", description="On which day, at the time of the digest, a message says that all is well."
    )
    disk_free_percent: float = Field(
        5.0, ge=0, lt=100, description="Disks of the data and the projects with less room are an alert."
    )

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Begin and end of the quiet hours, in `time_zone`; the end may lie on the next day."""
        if self.quiet_hours is None:
            return None
        begin, end = (time.fromisoformat(part.strip()) for part in self.quiet_hours.split("-"))
        return begin, end

    @property
    def digest_time(self) -> time:
        """When digest and "all is well" are due, in `time_zone`."""
        return time.fromisoformat("09:00" if self.digest == "off" else self.digest)
