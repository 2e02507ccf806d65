"""Any folder of pictures: all files below it, sorted by path.

Hidden files and folders are skipped. Links to folders are not followed, nor is any link that leads
outside. Nothing is read here but the folder's listing, and a table of labels where there is one
(`metadata.py`); without one, or `labels=folders`, there are no labels.
"""

import os
import stat
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from mezzotint.data import metadata
from mezzotint.data.labels import numbered
from mezzotint.data.source import Entry, Origin, Undecodable, Unusable, printable
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError

MAX_BYTES = 256 * 2**20
FOLDERS = "folders"
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
OPTIONS = {
    "labels": "`folders` for the names of the sub-folders, or a .csv or .jsonl file; otherwise "
    + ", ".join(metadata.NAMES),
    "label": "the column with the labels (`label`)",
    "splits": "`folders` where the sub-folders train, validation (or val) and test are the splits",
}


def open_folder(uri: Uri) -> Origin:
    """The files below a folder.

    Raises:
        UserError: there is no such folder, or its labels or splits are not as the options say.
    """
    path = uri.path
    root = Path(os.path.realpath(os.path.expanduser(path)))
    if not os.path.exists(root):
        raise UserError(f"There is no folder {path!r}.")
    if not os.path.isdir(root):
        raise UserError(f"{path!r} is a file, not a folder: name the folder that it is in.")
    unusable: list[Unusable] = []
    files = _files(root, unusable)
    splits = _splits(path, root, files, uri.options.get("splits"))
    words, tables = _words(root, files, splits, uri, unusable)
    files = [file for file in files if file not in tables]
    labels, names = numbered([words.get(file) for file in files])
    entries = tuple(
        Entry(_printable(file), partial(_read, file, root), label, splits.get(file, ""))
        for file, label in zip(files, labels, strict=True)
    )
    return Origin(f"folder:{path}", entries, unusable=tuple(unusable), label_names=names)


def _splits(path: str, root: Path, files: Sequence[Path], asked: str | None) -> dict[Path, str]:
    """The files that lie in a split's folder."""
    if asked is None:
        return {}
    if asked != FOLDERS:
        raise UserError(f"folder:{path}: write ?splits={FOLDERS}, not {asked!r}")
    splits = {file: SPLITS[_top(root, file)] for file in files if _top(root, file) in SPLITS}
    if not splits:
        raise UserError(f"folder:{path} has no pictures in sub-folders called {', '.join(SPLITS)}")
    return splits


def _top(root: Path, file: Path) -> str:
    """The first folder on the way to a file; empty for a file that lies in the root."""
    return next(iter(file.relative_to(root).parts[:-1]), "")


def _words(
    root: Path, files: Sequence[Path], splits: Mapping[Path, str], uri: Uri, unusable: list[Unusable]
) -> tuple[Mapping[Path, str | None], set[Path]]:
    """The files' labels, in words, and the tables that they were read from."""
    bases = {file: root / _top(root, file) if file in splits else root for file in files}
    if uri.options.get("labels") == FOLDERS:
        return {file: _top(base, file) or None for file, base in bases.items()}, set()
    tables = _tables(root, sorted({root, *bases.values()}), uri)
    found = {table: _read_table(root, table, uri, unusable) for table in tables}
    words = ChainMap(*(table for table in found.values() if table))
    unusable += _missing(words, files, root)
    return words, {table for table, rows in found.items() if rows is not None}


def _tables(root: Path, folders: Sequence[Path], uri: Uri) -> list[Path]:
    """The table that is asked for, or those that lie in the folders."""
    asked = uri.options.get("labels")
    if asked is None:
        found = (
            [folder / name for name in metadata.NAMES if (folder / name).is_file()] for folder in folders
        )
        return [table for tables in found for table in tables[:1]]
    beside = root / os.path.expanduser(asked)
    table = beside if beside.is_file() else Path(os.path.expanduser(asked)).absolute()
    if table.suffix not in (".csv", ".jsonl") or not table.is_file():
        raise UserError(
            f"{uri.text!r}: labels is `{FOLDERS}`, or a .csv or .jsonl file; {asked!r} is neither"
        )
    return [table]


def _read_table(root: Path, table: Path, uri: Uri, unusable: list[Unusable]) -> dict[Path, str | None] | None:
    """The labels in a table; None where it is no table of files. Names that lead outside are listed."""
    inside = table.is_relative_to(root)
    try:
        content = _read(table, root if inside else Path(os.path.realpath(table)).parent)
    except Undecodable as reason:
        raise UserError(f"{_printable(table)} cannot be used: {reason}") from reason
    demanded = "labels" in uri.options
    rows = metadata.labels(content, _printable(table), uri.options.get("label"), demanded=demanded)
    if rows is None:
        return None
    base = table.parent if inside else root
    places = {name: Path(os.path.normpath(base / name)) for name in rows}
    outside = [name for name, place in places.items() if not place.is_relative_to(root)]
    unusable += [
        Unusable(printable(name), f"{table.name} names it, but it lies outside the folder")
        for name in outside
    ]
    return {place: rows[name] for name, place in places.items() if place.is_relative_to(root)}


def _missing(words: Mapping[Path, str | None], files: Sequence[Path], root: Path) -> list[Unusable]:
    """The files that a table names and that are not there."""
    there = set(files)
    reason = "a table of labels names it, but it is not among the folder's files"
    return [Unusable(printable(str(file)), reason) for file in sorted(words) if file not in there]


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
