"""Which files a source's path means: one, a folder's archives, a glob, or a numbered row of shards.

train.tar     shards     shards/*.tar     shards/train-{0000..0009}.tar     {train,extra}.tar
"""

import glob
import os
import re
from itertools import chain, islice
from pathlib import Path

from mezzotint.errors import UserError

SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
MAX_SHARDS = 100_000
BRACES = re.compile(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}")


def shards(path: str) -> list[Path]:
    """The files that are meant, in an order that is always the same.

    Raises:
        UserError: there is none, or one of a row is missing.
    """
    whole = os.path.expanduser(path)
    if os.path.isdir(whole):
        return _in_folder(path, Path(whole))
    if os.path.exists(whole):
        return [Path(whole)]
    found = [_matching(each) for each in _expanded(path, whole)]
    return list(chain.from_iterable(found))


def _in_folder(path: str, folder: Path) -> list[Path]:
    found = sorted(file for file in folder.iterdir() if file.name.lower().endswith(SUFFIXES))
    if not found:
        raise UserError(
            f"there is no archive in {path!r} ({', '.join(SUFFIXES)}); did you mean folder:{path}?"
        )
    return found


def _expanded(path: str, pattern: str) -> list[str]:
    """The pattern with its braces written out."""
    waiting, done = [pattern], []
    while waiting:
        match = BRACES.search(waiting[0])
        if match is None:
            done.append(waiting.pop(0))
            continue
        head, tail = waiting[0][: match.start()], waiting[0][match.end() :]
        waiting[:1] = [head + middle + tail for middle in islice(_choices(match), MAX_SHARDS + 1)]
        if len(waiting) + len(done) > MAX_SHARDS:
            raise UserError(f"{path!r} means more than {MAX_SHARDS:,} files: name fewer")
    return done


def _choices(match: re.Match[str]) -> "map[str] | list[str]":
    first, last, words = match.groups()
    if words is not None:
        return words.split(",")
    width = len(first) if first.startswith("0") else 0
    return map(lambda number: f"{number:0{width}}", range(int(first), int(last) + 1))


def _matching(pattern: str) -> list[Path]:
    if os.path.exists(pattern):
        return [Path(pattern)]
    found = sorted(glob.glob(pattern))
    if not found:
        raise UserError(f"there is no archive {pattern!r}")
    return [Path(file) for file in found]
