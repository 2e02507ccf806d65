"""The one pass over an origin's pictures, in parallel: what is usable, and what is not, and why."""

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import numpy as np

from mezzotint.data.source import Content, Entry, Undecodable, Unusable, decoding_threads

BLOCK = 32  # pictures to a task
DIGEST_BYTES = 16

Take = Callable[[int, Content], int]


@dataclass(frozen=True)
class Usable:
    """A picture that can be used.

    Attributes:
        row: its position among the origin's entries.
        channels: 1 or 3.
        digest: of its content.
    """

    row: int
    channels: int
    digest: bytes


Finding = Usable | Unusable


def survey(
    entries: Sequence[Entry], take: Take, ordered: bool = False
) -> tuple[list[Usable], list[Unusable]]:
    """Read every picture once, and hand it to `take`.

    Args:
        entries: the origin's pictures.
        take: called as `take(row, content)` from several threads; gives the channels, or raises
            `Undecodable`.
        ordered: read them strictly one after the other (`Origin.ordered`).

    Returns:
        The usable and the unusable, each in the order of the entries.
    """
    with _quiet_pillow(), ThreadPoolExecutor(decoding_threads()) as pool:
        found = (_in_turn if ordered else _in_blocks)(pool, entries, take)
    usable = [finding for finding in found if isinstance(finding, Usable)]
    return usable, [finding for finding in found if isinstance(finding, Unusable)]


def _in_blocks(pool: ThreadPoolExecutor, entries: Sequence[Entry], take: Take) -> list[Finding]:
    """Each thread reads a block at a time."""

    def block(start: int) -> list[Finding]:
        part = entries[start : start + BLOCK]
        return [_look(row, entry, _content(entry), take) for row, entry in enumerate(part, start)]

    blocks = pool.map(block, range(0, len(entries), BLOCK))
    return [finding for findings in blocks for finding in findings]


def _in_turn(pool: ThreadPoolExecutor, entries: Sequence[Entry], take: Take) -> list[Finding]:
    """The threads take turns at reading, one entry after the other, and decode side by side."""
    found: dict[int, Finding] = {}
    waiting, turn = iter(enumerate(entries)), Lock()

    def work(_: int) -> None:
        while True:
            with turn:
                row, entry = next(waiting, (0, None))
                if entry is None:
                    return
                content = _content(entry)
            found[row] = _look(row, entry, content, take)

    try:
        list(pool.map(work, range(decoding_threads())))
    finally:
        waiting = iter(())  # whatever stopped one thread stops all
    return [found[row] for row in sorted(found)]


def _content(entry: Entry) -> Content | Unusable:
    try:
        return entry.read()
    except Undecodable as reason:
        return Unusable(entry.name, str(reason))


def _look(row: int, entry: Entry, content: Content | Unusable, take: Take) -> Finding:
    if isinstance(content, Unusable):
        return content
    try:
        return Usable(row, take(row, content), digest(content))
    except Undecodable as reason:
        return Unusable(entry.name, str(reason))


def digest(content: Content) -> bytes:
    """What names a content: BLAKE2b of a file's bytes, or of raw pixels."""
    data = content.tobytes() if isinstance(content, np.ndarray) else content
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Silence Pillow's warnings for as long as the pass lasts; the user's filters come back."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
        yield
