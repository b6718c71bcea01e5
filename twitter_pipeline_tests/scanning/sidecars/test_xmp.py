"""XMP beside pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import problem, understood

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" xmp:CreateDate="2026-01-31T10:00:00">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">The sea</rdf:li><rdf:li xml:lang="de-DE">Das Meer</rdf:li></rdf:Alt>
</dc:title><!-- a comment -->
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">It is blue.</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>deep blue sea</rdf:li></rdf:Bag></dc:subject>
<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li></rdf:Seq></dc:creator>
<Iptc4xmpCore:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="x-default">Waves</rdf:li></rdf:Alt>
</Iptc4xmpCore:AltTextAccessibility>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
SEA = Metadata(
    title="The sea",
    description="It is blue.",
    hashtags=("sea",),
    keywords=("sea", "deep blue sea"),
    alt_text="Waves",
    extra={"author": "Ann", "date": "2026-01-31T10:00:00"},
)


@pytest.mark.parametrize("name", ["a.xmp", "a.jpg.xmp", "a.jpg.XMP"])
def test_the_words_a_picture_was_given_are_understood(tmp_path: Path, name: str) -> None:
    assert understood(tmp_path, "a.jpg", {name: XMP}) == SEA


def test_of_several_languages_the_source_s_is_taken(tmp_path: Path) -> None:
    metadata = understood(tmp_path, "a.jpg", {"a.xmp": XMP}, language="de")
    assert metadata is not None
    assert (metadata.title, metadata.description) == ("Das Meer", "It is blue.")


def test_one_without_words_lets_others_speak(tmp_path: Path) -> None:
    wordless = XMP.replace("dc:title", "dc:format").replace("dc:description", "dc:rights")
    assert understood(tmp_path, "a.jpg", {"a.jpg.xmp": wordless, "a.xmp": XMP}) == SEA


def with_tags(tags: list[str], paths: list[str]) -> str:
    lists = (("dc:subject", tags), ("lr:hierarchicalSubject", paths))
    said = "".join(
        f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{item}</rdf:li>' for item in items)}</rdf:Bag></{name}>"
        for name, items in lists
    )
    begin, end = XMP.split("<dc:subject>")[0], XMP.split("</dc:subject>")[1]
    return begin.replace("xmlns:dc", 'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:dc') + said + end


@pytest.mark.parametrize(
    ("tags", "paths", "kept"),
    [
        (
            ["darktable", "exported", "format", "nef", "sea"],
            ["darktable|exported", "darktable|format|nef", "sea"],
            ("sea",),
        ),
        (["darktable", "format", "nef"], ["darktable|format|nef", "print|format"], ("format",)),
        (["Places", "Sea", "Places|Sea"], ["Places|Sea"], ("Places", "Sea")),
        (["darktable", "sea"], [], ("darktable", "sea")),
    ],
)
def test_tags_that_nobody_gave_are_none(
    tmp_path: Path, tags: list[str], paths: list[str], kept: tuple[str, ...]
) -> None:
    metadata = understood(tmp_path, "a.jpg", {"a.xmp": with_tags(tags, paths)})
    assert metadata is not None
    assert metadata.hashtags == metadata.keywords == kept


@pytest.mark.parametrize(
    "written",
    ["OLYMPUS DIGITAL CAMERA", " Olympus digital  camera ", "SONY DSC", "DCIM\\100GOPRO\\GOPR0042.JPG", "oznor"],
)
def test_what_a_camera_writes_there_is_nobody_s_words(tmp_path: Path, written: str) -> None:
    of_camera = XMP.replace("The sea", written).replace("It is blue.", written)
    metadata = understood(tmp_path, "a.jpg", {"a.xmp": of_camera})
    assert metadata is not None
    assert not metadata.has_words
    assert (
        understood(tmp_path, "b.jpg", {"b.jpg.suppl.json": {"photoTakenTime": {}, "description": written}})
        == Metadata()
    )


def test_only_the_packet_s_own_words_are_read_however_deep_others_lie(tmp_path: Path) -> None:
    depth = 5_000
    nested = XMP.replace(
        "</rdf:Description>", f"{'<rdf:Description>' * depth}{'</rdf:Description>' * depth}</rdf:Description>"
    )
    assert understood(tmp_path, "a.jpg", {"a.xmp": nested}) == understood(tmp_path, "b.jpg", {"b.xmp": XMP})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<x:xmpmeta", "no valid XML: "),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "no valid XML: "),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "it has a document type or entities"),
        ('<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', "it has a document type or entities"),
        (
            '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '"><!ENTITY c "' + "&b;" * 1000 + '">]><a>&c;</a>',
            "it has a document type or entities",
        ),
    ],
)
def test_no_entity_is_expanded_and_what_cannot_be_read_is_told(tmp_path: Path, content: str, why: str) -> None:
    assert f"a.xmp: {why}" in problem(tmp_path, "a.jpg", {"a.xmp": content}).message
