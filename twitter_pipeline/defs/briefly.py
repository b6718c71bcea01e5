"""An event of Dagster's in half of its bytes, for what is kept for months.

What goes says nothing: tags that it was logged with, which nothing reads; the name of the step a third to sixth time;
the message a second time; fields that are empty. What Dagster makes of the rest is held against what it made of the
whole, and where that is not the same, as after a change of Dagster's, the event stays as it is.
"""

import json
from typing import Any

from dagster import EventLogEntry

#: Characters: a picture with more is a large one.
LARGE = 2_000
_PICTURE = "(data:image/"
#: Of an entry: an older version's message.
_ENTRY = ("message",)
#: Of its event: tags of logging, and handles of its step, of which only the name is read.
_EVENT = ("logging_tags", "step_handle", "solid_handle")


def briefly(said: str) -> str:
    """The event, as Dagster stores it, in fewer bytes; as it was where it would not be the same to a reader."""
    try:
        brief = json.dumps(_brief(json.loads(said)), ensure_ascii=False, separators=(",", ":"))
        brief.encode()  # half of a character can be stored only as JSON escapes it
        same = _read(brief) == _read(said)
    except Exception:  # noqa: BLE001 - an event that is not as expected
        return said
    return brief if same else said


def without_pictures(said: str, label: str | None = None) -> str:
    """A materialization without the pictures of this label, or without all large ones; another event as it is."""
    if _PICTURE not in said:
        return said
    entry = json.loads(said)
    made = ((entry["dagster_event"] or {}).get("event_specific_data") or {}).get("materialization")
    if made is None:
        return said
    made["metadata_entries"] = [
        one
        for one in made["metadata_entries"]
        if not (_is_large_picture(json.dumps(one)) if label is None else one["label"] == label)
    ]
    return json.dumps(entry)


def _is_large_picture(metadata: str) -> bool:
    return len(metadata) > LARGE and _PICTURE in metadata


def _brief(entry: dict[str, Any]) -> dict[str, Any]:
    event = entry["dagster_event"]
    if event is None:
        return entry
    entry = {name: value for name, value in entry.items() if name not in _ENTRY}
    if event["message"] is not None:
        entry["user_message"] = ""  # shown where the event has none
    event = _filled({name: value for name, value in event.items() if name not in _EVENT})
    if entry["step_key"] is not None:
        event["step_key"] = entry["step_key"]
    if "event_specific_data" in event:
        event["event_specific_data"] = {name: _told(value) for name, value in event["event_specific_data"].items()}
    return entry | {"dagster_event": event}


def _told(value: Any) -> Any:
    """What an event is about, such as the materialization, with its metadata."""
    if not isinstance(value, dict) or "metadata_entries" not in value:
        return value
    return _filled(value) | {"metadata_entries": [_filled(one) for one in value["metadata_entries"]]}


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _read(said: str) -> EventLogEntry:
    """What Dagster reads of it, but for what nothing shows."""
    entry = EventLogEntry.from_json(said)
    event = entry.dagster_event
    if event is not None:
        event = event._replace(logging_tags={}, step_handle=None, node_handle=None)
    return entry._replace(user_message=entry.message, dagster_event=event)
