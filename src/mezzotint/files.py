"""What a write must not lose: files reach the disk whole or not at all, folders are taken only if free."""

import errno
import os
from pathlib import Path

from mezzotint.errors import UserError

# Of what opening or flushing a folder says where a system, or a mount, has no such thing: Windows, for one.
# PostgreSQL passes over the same ones (`fsync_fname_ext`).
NOT_HERE = (errno.EACCES, errno.EBADF, errno.EINVAL, errno.EISDIR)


def demand_free(out: Path, *besides: Path) -> None:
    """Refuses a folder to write that is neither new nor empty.

    Args:
        out: the folder, which `--out` names.
        besides: what may be in it.

    Raises:
        UserError: it holds something else, or is a file.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file: give a folder that is new or empty")
    if out.exists() and set(out.iterdir()) - set(besides):
        raise UserError(f"--out {out} holds something else: give a folder that is new or empty")


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes a file under another name and renames it, both flushed; its folder is made where it is missing.

    Raises:
        OSError: the disk does not take it; what stood at the path before still stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    data = content.encode() if isinstance(content, str) else content
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        flush(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error


def flush(path: Path) -> None:
    """Waits until the disk has a file's content, or a folder's names, where the system can be asked for it.

    Raises:
        OSError: the disk does not take it.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
