"""One run writes a folder: a second process is refused, and one that was killed keeps nobody out."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mezzotint.errors import UserError
from mezzotint.runs import lock
from mezzotint.runs.lock import locked

HOLD = """
import sys
from pathlib import Path
from mezzotint.runs.lock import locked
with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen]:
    """A real process that has the lock, until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process


def silent(text: str) -> None:
    raise AssertionError(f"nothing was to be said: {text}")


def test_a_second_process_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with another_process(path) as process:
        with pytest.raises(UserError) as refused, locked(path, silent):
            raise AssertionError("two processes have the lock")
        assert f"process {process.pid} on {os.uname().nodename}" in str(refused.value)
        assert str(tmp_path) in str(refused.value) and "\n" not in str(refused.value)
        process.communicate()
    with locked(path, silent):
        assert path.read_text() == f"process {os.getpid()} on {os.uname().nodename}\n"


def test_a_killed_process_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with another_process(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.read_text() == f"process {process.pid} on {os.uname().nodename}\n"
        with locked(path, silent):
            pass


def test_the_lock_is_let_go_after_an_error_and_refused_within_one_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), locked(path, silent):
        with pytest.raises(UserError, match=f"process {os.getpid()} on"), locked(path, silent):
            pass
        raise ZeroDivisionError
    with locked(path, silent):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_said_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    said: list[str] = []
    with locked(tmp_path / "lock", said.append):
        assert said and os.strerror(number) in said[0] and "cannot be locked" in said[0]


def test_a_folder_that_cannot_be_written_is_said_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path, _: str) -> None:  # as root, permissions would not refuse
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(lock, "FileIO", read_only)
    said: list[str] = []
    with locked(tmp_path / "lock", said.append):
        assert said and "Read-only file system" in said[0]


def test_a_full_disk_leaves_the_lock_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(lock, "_sign", full)
    said: list[str] = []
    with locked(tmp_path / "lock", said.append):
        assert "No space left" in said[0]
        with pytest.raises(UserError, match="has not said its name"), locked(tmp_path / "lock", silent):
            pass
