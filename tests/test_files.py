"""Files that are written whole: on the disk before they have their name, or not there at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from mezzotint import files
from mezzotint.files import write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="folders cannot be flushed here")


def refusing(monkeypatch: pytest.MonkeyPatch, number: int, folders: bool) -> None:
    """Has the disk refuse to flush files, or folders."""

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode) == folders:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", fsync)


@posix
def test_the_content_is_flushed_before_the_name_is_there_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "file"
    seen, fsync = [], os.fsync

    def noted(handle: int) -> None:
        seen.append((stat.S_ISDIR(os.fstat(handle).st_mode), os.fstat(handle).st_size, path.exists()))
        fsync(handle)

    monkeypatch.setattr(files.os, "fsync", noted)
    write_whole(path, "text")
    (is_folder, size, named), (then_folder, _, then_named) = seen
    assert (is_folder, size, named) == (False, 4, False) and (then_folder, then_named) == (True, True)
    assert path.read_text() == "text" and list(path.parent.iterdir()) == [path]


def test_a_disk_that_does_not_take_it_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, "before")
    refusing(monkeypatch, errno.ENOSPC, folders=False)
    with pytest.raises(OSError, match="No space left") as error:
        write_whole(path, "after")
    assert error.value.filename == str(path) and path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_mount_that_cannot_flush_folders_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, errno.EINVAL, folders=True)
    write_whole(tmp_path / "file", b"bytes")
    refusing(monkeypatch, errno.EIO, folders=True)
    with pytest.raises(OSError, match="Input/output error"):
        write_whole(tmp_path / "file", b"bytes")
