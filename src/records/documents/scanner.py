"""Looks for malware in files by asking ClamAV, where one is configured (setting `clamav`)."""

from __future__ import annotations

import socket
import struct

from laneway.errors import Unavailable

_SECONDS = 30.0
_PIECE = 2**16
_LONGEST_ANSWER = 4096


class _Configured:
    address = ""


def configure(address: str) -> None:
    """Where ClamAV listens: `host:port` or the path of its socket; empty: files are judged by type and size alone."""
    _Configured.address = address


def is_configured() -> bool:
    """Whether files wait for a checker."""
    return bool(_Configured.address)


def finding(content: bytes) -> str:
    """The name of what was found, empty for nothing. Raises Unavailable when the checker does not answer in 30 s.

    The protocol is clamd's INSTREAM: pieces with their length in four bytes, a piece of no length at the end.
    """
    try:
        with _connected() as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), _PIECE):
                piece = content[start : start + _PIECE]
                line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
            answer = b""
            while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
                part = line.recv(_LONGEST_ANSWER)
                if not part:
                    break
                answer += part
    except OSError as error:
        raise Unavailable("attachment_checker_unreachable") from error
    said = answer.rstrip(b"\0").decode("utf-8", "replace").removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise Unavailable("attachment_checker_unreachable")


def _connected() -> socket.socket:
    host, colon, port = _Configured.address.rpartition(":")
    if colon and port.isdigit():
        return socket.create_connection((host, int(port)), timeout=_SECONDS)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(_SECONDS)
        line.connect(_Configured.address)
    except OSError:
        line.close()
        raise
    return line
