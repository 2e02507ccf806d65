"""One writer of a run folder: a lock of the operating system on the file `lock`, held while training writes.

The system lets the lock go when its process ends, however it ends, so that a run that was killed keeps nobody
out. The file stays and means nothing by itself; its text says which process holds the lock, or held it last.
The lock is `flock`, which Linux carries to other hosts over NFS. Windows has none: there nothing is locked.
"""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from mezzotint.errors import UserError

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Within it, no other process (and no other thread of this one) has the lock.

    Args:
        path: the lock's file; its folder must be there.
        say: takes a line for people where the place cannot be locked (a read-only folder, a file system
            without locks, Windows); it then goes on without.

    Raises:
        UserError: another process has it; the message names the process and its host.
    """
    file = None
    try:
        file = _taken(path)
        _sign(file)
    except BlockingIOError:
        raise UserError(
            f"another run writes to {path.parent}: {_holder(path)}; wait until it has ended or stop it, "
            "or give another folder"
        ) from None
    except OSError as error:
        reason = error.strerror or error
        say(f"warning: {path} cannot be locked ({reason}); see to it that no other run writes there")
    try:
        yield
    finally:
        if file is not None:
            file.close()


def _taken(path: Path) -> FileIO:
    """The open file whose lock is held until it is closed; `BlockingIOError` where another holds it."""
    if sys.platform == "win32":
        raise OSError("not on Windows")
    file = FileIO(path, "a+")  # "w" would clear the holder's name before the lock is ours
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _sign(file: FileIO) -> None:
    """Says in the file who holds its lock."""
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n".encode())


def _holder(path: Path) -> str:
    """Who holds the lock, in words."""
    return path.read_text(encoding="utf-8").strip() or "a process that has not said its name yet"
