"""Which files may join a case: size, name, and a type that is told by the content."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

import filetype

from laneway.errors import Invalid

LARGEST: Final = 25 * 1024 * 1024
"""Bytes of one file."""

_LONGEST_NAME = 120
_WORD = "application/vnd.openxmlformats-officedocument."
_KNOWN: Final = frozenset(
    {
        "application/pdf",
        "application/zip",
        "application/rtf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        f"{_WORD}wordprocessingml.document",
        f"{_WORD}spreadsheetml.sheet",
        f"{_WORD}presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/tiff",
        "image/heic",
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "audio/mpeg",
        "audio/mp4",
        "audio/x-wav",
    }
)
PREVIEWED: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})
"""Types that browsers show and that cannot run anything of a page."""

_TEXTS: Final = {".txt": "text/plain", ".log": "text/plain", ".csv": "text/csv", ".eml": "message/rfc822"}
_SPACES = re.compile(r"\s+")
_UNFIT = re.compile(r'[\\/:*?"<>|]')


def content_type(name: str, content: bytes) -> str:
    """The MIME type of a file, told by its first bytes; texts by their ending, if they are texts.

    Raises Invalid for empty and oversized files and for types that a case does not need, programs and pages among them.
    """
    if not content:
        raise Invalid("attachment_empty", name=name)
    if len(content) > LARGEST:
        raise Invalid("attachment_too_large", name=name, megabytes=LARGEST // 2**20)
    found = filetype.guess_mime(content)
    if found in _KNOWN:
        return str(found)
    told = _TEXTS.get(PurePosixPath(name).suffix.lower())
    if found is None and told is not None and _is_text(content):
        return told
    raise Invalid("attachment_type_refused", name=name)


def clean_name(name: str) -> str:
    """A file name without folders, control characters and what file systems refuse: 1 to 120 characters."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(" " if one.isspace() else one for one in plain if one.isspace() or _is_visible(one))
    plain = _SPACES.sub(" ", _UNFIT.sub("_", plain)).strip(" .")
    if len(plain) > _LONGEST_NAME:
        ending = PurePosixPath(plain).suffix[:16]
        plain = plain[: _LONGEST_NAME - len(ending)].rstrip() + ending
    return plain or "file"


def _is_visible(one: str) -> bool:
    return not unicodedata.category(one).startswith("C")


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
