"""What archives give: named members, and what is never read of them."""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from mezzotint.data.folder import MAX_BYTES
from mezzotint.data.source import Undecodable

LABEL_FILES = (".cls", ".json")
MAX_LABEL_BYTES = 64 * 2**10
DRIVE = re.compile(r"[A-Za-z]:[/\\]")
TOO_LARGE = f"it is larger than {MAX_BYTES // 2**20} MiB"
CUT_SHORT = "the archive is cut short"

ReadAt = Callable[[int, int], bytes]  # (offset, size) -> the bytes there, fewer at the end


@dataclass(frozen=True, slots=True)
class Member:
    """A file within an archive.

    Attributes:
        name: as it is written there; empty for a fault of the archive itself.
        read: its content; raises `Undecodable` where it is damaged.
        refused: why it must not be read; empty for what may be.
    """

    name: str
    read: Callable[[], bytes]
    refused: str = ""


def refused(name: str, reason: str) -> Member:
    """A member that must not be read, or with an empty name a fault of the whole archive."""

    def read() -> NoReturn:
        raise Undecodable(reason)

    return Member(name, read, reason)


def fault(reason: str, last: str) -> Member:
    """What stops the reading of an archive, after its member `last`."""
    return refused("", f"{reason} after member {last}" if last else reason)


def leads_outside(name: str) -> str:
    """Why a member's name is no name for a file within a folder; empty where it is one."""
    if name.startswith(("/", "\\")) or DRIVE.match(name):
        return "its name is an absolute path"
    return "its name leads outside the archive" if ".." in re.split(r"[/\\]", name) else ""


def is_hidden(name: str) -> bool:
    """Whether a member is hidden, or what macOS keeps beside the files."""
    return any((part.startswith(".") and part != ".") or part == "__MACOSX" for part in name.split("/"))


def read_at(path: Path, offset: int, size: int) -> bytes:
    """Bytes of a file, from any thread; fewer where it ends.

    The file is opened for each read, which costs microseconds: thousands of shards would need more open
    files than a process may have.

    Raises:
        Undecodable: it cannot be read.
    """
    if offset > sys.maxsize - size:
        return b""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            return os.pread(handle, size, offset)
        finally:
            os.close(handle)
    except OSError as error:
        raise Undecodable(f"it cannot be read ({error.strerror})") from error
