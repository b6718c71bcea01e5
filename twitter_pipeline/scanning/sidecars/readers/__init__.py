"""Every kind of metadata file, in the order in which they are asked about a medium.

What was made for one medium goes before what speaks of many; what programs leave beside pictures by themselves comes
last. A new kind is a module here with what `reader.Reader` names, and its place in this list (docs/sidecars.md).
"""

from __future__ import annotations

from twitter_pipeline.scanning.sidecars.reader import Reader
from twitter_pipeline.scanning.sidecars.readers import (
    base_json,
    batch_file,
    gallery_dl,
    generator,
    instaloader,
    table,
    takeout,
    text,
    tiktok,
    xmp,
    yt_dlp,
)

READERS: tuple[Reader, ...] = (
    base_json,
    yt_dlp,
    takeout,
    gallery_dl,
    instaloader,
    tiktok,
    batch_file,
    table,
    generator,
    text,
    xmp,
)
