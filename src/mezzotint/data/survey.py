"""The one pass over an origin's pictures, in parallel: what is usable, and what is not, and why."""

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

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


def survey(entries: Sequence[Entry], take: Take) -> tuple[list[Usable], list[Unusable]]:
    """Read every picture once, and hand it to `take`.

    Args:
        entries: the origin's pictures.
        take: called as `take(row, content)` from several threads; gives the channels, or raises
            `Undecodable`.

    Returns:
        The usable and the unusable, each in the order of the entries.
    """

    def block(start: int) -> list[Usable | Unusable]:
        rows = range(start, min(start + BLOCK, len(entries)))
        return [_look(row, entries[row], take) for row in rows]

    with _quiet_pillow(), ThreadPoolExecutor(decoding_threads()) as pool:
        blocks = pool.map(block, range(0, len(entries), BLOCK))
        found = [finding for findings in blocks for finding in findings]
    usable = [finding for finding in found if isinstance(finding, Usable)]
    return usable, [finding for finding in found if isinstance(finding, Unusable)]


def _look(row: int, entry: Entry, take: Take) -> Usable | Unusable:
    try:
        content = entry.read()
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
