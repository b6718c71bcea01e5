"""What a media file is, whether X takes it, and a small picture of it.

Importing this is light: PyAV and Pillow (0.1 s together) are loaded by the first call.
"""

from twitter_pipeline.media.checks import check, refused_at_sight
from twitter_pipeline.media.facts import facts_of
from twitter_pipeline.media.glimpse import glimpses
from twitter_pipeline.media.info import MediaInfo, MediaKind, MediaRefused
from twitter_pipeline.media.thumbnails import contact_sheet, stamp, thumbnail

__all__ = [
    "MediaInfo",
    "MediaKind",
    "MediaRefused",
    "check",
    "contact_sheet",
    "facts_of",
    "glimpses",
    "refused_at_sight",
    "stamp",
    "thumbnail",
]
