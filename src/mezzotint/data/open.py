"""A source's name -> its pictures, split, at one size. The table of schemes is here.

A new origin is one file that gives an `Origin`, and one line in `SCHEMES`.
"""

import difflib
import os
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from mezzotint.data.archive import open_flowers
from mezzotint.data.disk import OnDisk, inspect
from mezzotint.data.folder import open_folder
from mezzotint.data.memory import InMemory, load
from mezzotint.data.packaged import open_fashion
from mezzotint.data.source import DataSource, Entry, Origin, Splits, Unusable
from mezzotint.data.split import held_out
from mezzotint.data.survey import Usable
from mezzotint.errors import UserError

MEMORY_LIMIT = 2 * 2**30  # bytes of decoded pixels

# scheme -> how it is written, and what opens it (given what stands after the colon)
SCHEMES: dict[str, tuple[str, Callable[[str], Origin]]] = {
    "fashion": ("fashion", open_fashion),
    "folder": ("folder:PATH", open_folder),
    "flowers": ("flowers:PATH", open_flowers),
}


def open_source(
    uri: str,
    size: tuple[int, int],
    channels: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Splits:
    """Open a source by name.

    Args:
        uri: `fashion`, `folder:PATH` or `flowers:PATH`.
        size: (height, width) of the pictures to give.
        channels: 1 or 3; None for what the source has (a folder has 3 unless every usable picture
            in it is greyscale).
        memory_limit: bytes; a set that is larger when decoded stays on disk.

    Raises:
        UserError: no such source, or no usable picture in it.
    """
    if min(size) < 1 or channels not in (None, 1, 3):
        raise UserError(
            f"Pictures need a height and width of 1 or more and 1 or 3 channels, not {size} and {channels}."
        )
    return prepare(_origin(uri), size, channels, memory_limit)


def prepare(
    origin: Origin,
    size: tuple[int, int],
    channels: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Splits:
    """Decode an origin's pictures, or check them where they are too many for memory; split them.

    Raises:
        UserError: none of them can be used.
    """
    channels = channels or origin.channels
    decoded_bytes = len(origin.entries) * size[0] * size[1] * (channels or 3)
    in_memory = decoded_bytes <= memory_limit
    gather = _in_memory if in_memory else _on_disk
    usable, unusable, select = gather(origin, size, channels)
    unusable = (*origin.unusable, *unusable)
    if not usable:
        raise UserError(_nothing_usable(origin, unusable))
    train, validation = (select(rows) for rows in _sides(origin.entries, usable))
    shape = train[0]["image"].shape if len(train) else validation[0]["image"].shape
    return Splits(origin.name, train, validation, unusable, shape, in_memory)


Gathered = tuple[list[Usable], list[Unusable], Callable[[list[int]], DataSource]]


def _in_memory(origin: Origin, size: tuple[int, int], channels: int | None) -> Gathered:
    images, usable, unusable = load(origin.entries, size, channels)
    labels = np.array([entry.label for entry in origin.entries], np.int32)
    return usable, unusable, lambda rows: InMemory(images, labels, np.array(rows, np.int64))


def _on_disk(origin: Origin, size: tuple[int, int], channels: int | None) -> Gathered:
    usable, unusable = inspect(origin.entries)
    depth = channels or max((found.channels for found in usable), default=3)
    entries = origin.entries
    return usable, unusable, lambda rows: OnDisk([entries[row] for row in rows], size, depth)


def _sides(entries: Sequence[Entry], usable: Sequence[Usable]) -> tuple[list[int], list[int]]:
    """The rows to train on, and the rows held out."""
    by_content = held_out([found.digest for found in usable if found.digest])

    def is_held_out(found: Usable) -> bool:
        decided = entries[found.row].held_out
        return found.digest in by_content if decided is None else decided

    return (
        [found.row for found in usable if not is_held_out(found)],
        [found.row for found in usable if is_held_out(found)],
    )


def _origin(uri: str) -> Origin:
    scheme, _, path = uri.partition(":")
    if scheme not in SCHEMES:
        raise UserError(_unknown(uri, scheme))
    usage, opened = SCHEMES[scheme]
    if bool(path) != (":" in usage):
        raise UserError(f"{uri!r} is not a source: write it as {usage}.")
    return opened(path)


def _unknown(uri: str, scheme: str) -> str:
    known = ", ".join(usage for usage, _ in SCHEMES.values())
    near = difflib.get_close_matches(scheme.lower(), SCHEMES, n=1, cutoff=0.5)
    hint = f" Did you mean {SCHEMES[near[0]][0]}?" if near else ""
    if os.path.isdir(os.path.expanduser(uri)):
        hint = f" Did you mean folder:{uri}?"
    return f"There is no source {uri!r}.{hint} Sources: {known}."


def _nothing_usable(origin: Origin, unusable: Sequence[Unusable]) -> str:
    if not unusable:
        return f"{origin.name} is empty: it has no files."
    reason, count = Counter(each.reason for each in unusable).most_common(1)[0]
    example = next(each.path for each in unusable if each.reason == reason)
    return (
        f"{origin.name} has no usable picture. Files left out: {len(unusable)}, of which {count} "
        f"because {reason} (such as {example})."
    )
