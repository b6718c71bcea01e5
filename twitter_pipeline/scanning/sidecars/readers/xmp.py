"""`a.xmp` or `a.jpg.xmp`, as Lightroom, darktable, digiKam and exiftool write it: the words a picture has there."""

from __future__ import annotations

from collections.abc import Iterable

from twitter_pipeline.content.placeholders import no_placeholder
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, Malformed
from twitter_pipeline.scanning.sidecars.reader import Answer, Wanted, Words
from twitter_pipeline.scanning.sidecars.xmp_packet import Packet

KIND = "xmp"
EXAMPLES: tuple[str, ...] = ("a.xmp", "a.jpg.xmp")
FIELDS: tuple[str, ...] = (
    *("dc:title", "photoshop:Headline", "dc:description", "dc:subject", "dc:creator", "xmp:CreateDate"),
    *("photoshop:DateCreated", "Iptc4xmpCore:AltTextAccessibility", "lr:hierarchicalSubject"),
)
SHARED = False
IN_LANGUAGES = False


def claims(name: str, /) -> bool:
    """Names that end in .xmp."""
    return name.endswith(".xmp")


def names(wanted: Wanted, /) -> Iterable[str]:
    """The full name, then the name without its ending."""
    return (f"{wanted.name}.xmp", f"{wanted.base}.xmp")


def understands(content: object, /) -> bool:
    """What the XML was read into."""
    return isinstance(content, Packet)


def read(document: Document, wanted: Wanted, /) -> Answer:
    """The words in the language wanted, where there are several."""
    packet = document.content
    if not isinstance(packet, Packet):
        raise Malformed("it is no XMP")

    def said(*names: str) -> str:
        found = (no_placeholder(packet.in_language(name, wanted.language)) for name in names)
        return next(filter(None, found), "")

    return Words(
        fields.foreign(
            title=said("dc:title", "photoshop:Headline"),
            description=said("dc:description"),
            tags=_tags(packet),
            alt_text=said("Iptc4xmpCore:AltTextAccessibility"),
            author=said("dc:creator"),
            date=said("xmp:CreateDate", "photoshop:DateCreated"),
        )
    )


def _tags(packet: Packet) -> list[object]:
    """The tags that somebody gave: not "darktable|format|nef", of which each part is one, too, and no "Places|Sea"."""
    own, automatic = set[str](), set[str]()
    for path in packet.every("lr:hierarchicalSubject"):
        parts = path.split("|")
        (automatic if parts[0] == "darktable" else own).update(parts)
    return [tag for tag in packet.every("dc:subject") if "|" not in tag and tag not in automatic - own]
