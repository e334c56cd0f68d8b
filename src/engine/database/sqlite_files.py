"""Keep a SQLite file to one machine: its locks and its shared memory do not reach another."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from laneway.errors import Unavailable

_MOUNTS = Path("/proc/self/mountinfo")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NETWORK = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "gfs2"}
    | {"glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs"}
)


def guard(path: Path) -> None:
    """Let this machine use a SQLite file. Raises Unavailable on a network file system, and on a second machine.

    The machine's name stands in a file beside the database until `leave`. What a crash leaves behind is taken over
    by the same machine, also after it was started anew.
    """
    kind = _file_system(path)
    if kind in _NETWORK:
        raise Unavailable("sqlite_on_network", path=str(path), kind=kind)
    mark = _mark(path)
    mine = {"host": socket.gethostname(), "boot": _boot_id()}
    found = _read(mark)
    # Containers of one machine share its boot; a machine that was started anew keeps its name.
    if found is not None and found.get("host") != mine["host"] and found.get("boot") != mine["boot"]:
        raise Unavailable("sqlite_on_other_host", host=found.get("host"), path=str(path), mark=str(mark))
    draft = mark.with_name(f"{mark.name}.{os.getpid()}")
    draft.write_text(json.dumps(mine | {"pid": os.getpid()}), "utf-8")
    draft.replace(mark)


def leave(path: Path) -> None:
    """Take the mark away if this process was the last to set it."""
    mark = _mark(path)
    found = _read(mark)
    if found is not None and found.get("pid") == os.getpid() and found.get("boot") == _boot_id():
        mark.unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.host")


def _read(mark: Path) -> dict[str, object] | None:
    try:
        found = json.loads(mark.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _boot_id() -> str:
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else socket.gethostname()


def _file_system(path: Path) -> str:
    """The kind of file system that a file lies on, as the kernel names it; empty where that cannot be told."""
    if not _MOUNTS.exists():
        return ""
    folder, best, kind = path.resolve().parent, -1, ""
    for line in _MOUNTS.read_text("utf-8", "replace").splitlines():
        before, _dash, after = line.partition(" - ")
        mount = Path(before.split()[4].replace("\\040", " "))
        depth = len(mount.parts)
        if depth >= best and folder.is_relative_to(mount):
            best, kind = depth, after.split()[0]
    return kind
