"""What a write must not lose: files are written whole or not at all, folders only where they are free."""

import os
from pathlib import Path

from mezzotint.errors import UserError


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
    """Writes a file under another name and renames it; its folder is made where it is missing.

    Raises:
        OSError: the disk does not take it; what stood at the path before still stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    data = content.encode() if isinstance(content, str) else content
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error
