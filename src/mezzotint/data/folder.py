"""Any folder of pictures: all files below it, sorted by path; no labels.

Hidden files and folders are skipped. Links to folders are not followed, nor is any link that leads
outside. Nothing is read here but the folder's listing; `split` decides what is held out.
"""

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mezzotint.data.source import Entry, Origin, Undecodable, Unusable, printable
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError

MAX_BYTES = 256 * 2**20


def open_folder(uri: Uri) -> Origin:
    """The files below a folder.

    Raises:
        UserError: there is no such folder.
    """
    path = uri.path
    root = Path(os.path.realpath(os.path.expanduser(path)))
    if not os.path.exists(root):
        raise UserError(f"There is no folder {path!r}.")
    if not os.path.isdir(root):
        raise UserError(f"{path!r} is a file, not a folder: name the folder that it is in.")
    unlisted: list[Unusable] = []
    entries = tuple(Entry(_printable(file), partial(_read, file, root)) for file in _files(root, unlisted))
    return Origin(f"folder:{path}", entries, unusable=tuple(unlisted))


def _files(root: Path, unlisted: list[Unusable]) -> list[Path]:
    """Every file below the root, sorted; folders that cannot be listed are added to `unlisted`."""

    def fail(error: OSError) -> None:
        reason = f"the folder cannot be listed ({error.strerror})"
        unlisted.append(Unusable(_printable(Path(error.filename)), reason))

    def walk() -> Iterator[Path]:
        for folder, below, names in os.walk(root, onerror=fail):
            below[:] = [name for name in below if not name.startswith(".")]
            yield from (Path(folder, name) for name in names if not name.startswith("."))

    return sorted(walk(), key=lambda file: file.relative_to(root).as_posix())


def _read(file: Path, root: Path) -> bytes:
    """The file's bytes; a device or a pipe is never opened."""
    try:
        target = Path(os.path.realpath(file, strict=True))
        if not target.is_relative_to(root):
            raise Undecodable("it is a link that leads outside the folder")
        status = target.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Undecodable("it is not a regular file")
        if status.st_size > MAX_BYTES:
            raise Undecodable(f"the file is larger than {MAX_BYTES // 2**20} MiB")
        return target.read_bytes()
    except OSError as error:
        raise Undecodable(f"it cannot be read ({error.strerror})") from error


def _printable(path: Path) -> str:
    """The path as text that can always be printed, whatever bytes its name holds."""
    return printable(os.fsencode(path).decode(errors="replace"))
