"""`a.xmp` or `a.jpg.xmp`, as Lightroom, darktable, digiKam and exiftool write it: the words a picture has there."""

from __future__ import annotations

from collections.abc import Iterable

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, Malformed
from twitter_pipeline.scanning.sidecars.reader import Answer, Wanted, Words
from twitter_pipeline.scanning.sidecars.xmp_packet import Packet

KIND = "xmp"
EXAMPLES: tuple[str, ...] = ("a.xmp", "a.jpg.xmp")
FIELDS: tuple[str, ...] = (
    *("dc:title", "photoshop:Headline", "dc:description", "dc:subject", "dc:creator", "xmp:CreateDate"),
    *("photoshop:DateCreated", "Iptc4xmpCore:AltTextAccessibility"),
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
        return next((words for name in names if (words := packet.in_language(name, wanted.language))), "")

    return Words(
        fields.foreign(
            title=said("dc:title", "photoshop:Headline"),
            description=said("dc:description"),
            tags=list(packet.every("dc:subject")),
            alt_text=said("Iptc4xmpCore:AltTextAccessibility"),
            author=said("dc:creator"),
            date=said("xmp:CreateDate", "photoshop:DateCreated"),
        )
    )
