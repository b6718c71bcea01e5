"""Pictures in a question to Gemini's stand-in: taken or refused as Google does, and what each costs in tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import math
import re
from typing import Any

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.problems import invalid

#: What Google takes of a picture, of what we could send.
MIME_TYPES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
#: Of a picture up to 384 pixels a side, and of each piece of 768 × 768 of a larger one.
TOKENS = 258
_SMALL, _PIECE = 384, 768

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")


def _data(path: str, value: Any) -> None:
    fields.text(least=1)(path, value)
    if decoded(value) is None:
        raise invalid(f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed", data="")


_EITHER = fields.record({"mimeType": fields.text(), "mime_type": fields.text(), "data": _data}, required=("data",))


def inline(path: str, value: Any) -> None:
    """`inlineData` of a part. Google takes a name in either spelling, and google-genai sends the one with "_"."""
    _EITHER(path, value)
    if ("mimeType" in value) == ("mime_type" in value):
        raise invalid(f"Invalid value at '{path}.mime_type': once, it is required", mime_type="")


def decoded(data: str) -> bytes | None:
    """The bytes in either of Base64's alphabets, as in Google's JSON; None when it is no Base64."""
    if not _BASE64.fullmatch(data):
        return None
    try:
        return base64.b64decode(data.translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error:
        return None


def look(sent: dict[str, Any]) -> dict[str, Any] | str:
    """What is known of a picture, without its bytes; or in Google's words why it is not taken."""
    mime_type = sent.get("mimeType") or sent["mime_type"]
    if mime_type not in MIME_TYPES:
        return f"Unsupported MIME type: {mime_type}"
    content = decoded(sent["data"]) or b""
    # Here: whoever starts the sandbox does not pay for it.
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=tuple(_FORMATS)) as picture:
            picture.load()
            found, (width, height) = _FORMATS[str(picture.format)], picture.size
            told = bool(picture.getexif()) or any(name in picture.info for name in ("exif", "xmp", "comment"))
            colour = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))
    except Exception:  # noqa: BLE001 - Pillow raises almost anything
        return "Unable to process input image."
    if found != mime_type:
        return f"Unable to process input image: it is {found}."  # stricter than Google, which looks for itself
    return {
        "mime_type": found,
        "bytes": len(content),
        "width": width,
        "height": height,
        "sha256": hashlib.sha256(content).hexdigest(),
        "metadata": told,
        "colour": colour,
        "tokens": _tokens(width, height),
    }


def _tokens(width: int, height: int) -> int:
    if max(width, height) <= _SMALL:
        return TOKENS
    return TOKENS * math.ceil(width / _PIECE) * math.ceil(height / _PIECE)
