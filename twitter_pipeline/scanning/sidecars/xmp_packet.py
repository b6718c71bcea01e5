"""XMP, Adobe's RDF beside or in pictures, as properties with their values by language."""

from __future__ import annotations

from dataclasses import dataclass, field

from twitter_pipeline.scanning.sidecars.document import Malformed

_NAMESPACES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
}
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
#: The largest packet; those of programs have some kilobytes, with a history some hundred.
_MOST_BYTES = 4 * 1024 * 1024
#: What is kept of one property, in items.
_MOST = 200


@dataclass
class Packet:
    """The properties of namespaces that hold words."""

    #: By `dc:title`; each (language, text) in its order, "x-default" where none is named.
    properties: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def in_language(self, name: str, language: str) -> str:
        """A property's text in that language, else the default, else the first there is; empty for none."""
        values = self.properties.get(name, [])
        wanted = language.casefold().replace("_", "-")

        def distance(value: tuple[str, str]) -> int:
            said = value[0].casefold()
            if said == wanted:
                return 0
            return 1 if said.partition("-")[0] == wanted.partition("-")[0] else 2 if said == "x-default" else 3

        return min(values, key=distance)[1] if values else ""

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a property."""
        return tuple(text for _, text in self.properties.get(name, []))


def from_xmp(content: bytes) -> Packet:
    """The packet in an XML file. Raises Malformed, also for a file with a DTD: no entity is ever expanded."""
    if len(content) > _MOST_BYTES:
        raise Malformed("it is far larger than any XMP")
    # expat is told to refuse what XMP has no need of.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Malformed("it has a document type or entities, which XMP has not; take them out") from error
    except ParseError as error:
        raise Malformed(f"no valid XML: {error}") from error
    except (ValueError, LookupError) as error:
        raise Malformed("no valid XML: its encoding is not known") from error
    packet = Packet()
    # Only the packet's own descriptions: those within a property describe other things.
    rdf = root if root.tag == f"{_RDF}RDF" else root.find(f".//{_RDF}RDF")
    for described in [] if rdf is None else rdf.findall(f"{_RDF}Description"):
        for name, value in described.attrib.items():
            _add(packet, name, [("x-default", value)])
        for element in described:
            items = [(item.get(_LANGUAGE, "x-default"), item.text or "") for item in element.iter(f"{_RDF}li")]
            _add(packet, element.tag, items or [("x-default", element.text or "")])
    return packet


def _add(packet: Packet, tag: object, values: list[tuple[str, str]]) -> None:
    if not isinstance(tag, str):
        return  # a comment
    namespace, _, name = tag.removeprefix("{").partition("}")
    if (prefix := _NAMESPACES.get(namespace)) is not None:
        kept = [(language, text.strip()) for language, text in values[:_MOST] if text.strip()]
        if kept:
            packet.properties.setdefault(f"{prefix}:{name}", []).extend(kept)
