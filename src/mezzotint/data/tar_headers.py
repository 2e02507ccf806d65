"""The headers of a tar archive, old, POSIX or GNU: each member's name and size, and where its bytes lie.

A header is 512 bytes, as is each block of the body after it. What stands before a member's header can give
it a longer name, or keywords that replace what the header says.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from tarfile import TarInfo

from mezzotint.data.member import CUT_SHORT, ReadAt
from mezzotint.data.source import Undecodable

BLOCK = tarfile.BLOCKSIZE
MAX_EXTENSION = 2**20  # bytes of what stands before a member's header, in all
LONG_NAME, LONG_LINK, SPARSE, KEYWORDS, GLOBAL = b"L", b"K", b"S", (b"x", b"X"), b"g"
EXTENSIONS = (LONG_NAME, LONG_LINK, *KEYWORDS, GLOBAL)
MORE_EXTENTS, MORE_EXTENTS_AFTER = 482, 504  # where a sparse file's blocks say that another follows
BODILESS = frozenset(b"123456")  # links, devices, folders and pipes, whatever size they claim
DAMAGED = "the archive is damaged"


@dataclass(frozen=True)
class Header:
    """One member's, with what stood before it for it: its long name and its keywords.

    Raises:
        Undecodable: its size is below zero.
    """

    info: TarInfo
    keywords: dict[str, str]
    start: int  # of its body

    def __post_init__(self) -> None:
        """Refuses a size that leads backwards."""
        if self.size < 0:
            raise Undecodable(DAMAGED)

    @property
    def name(self) -> str:
        """As it is written in the archive."""
        return self.keywords.get("path", self.info.name)

    @property
    def size(self) -> int:
        """Of its body in bytes."""
        if self.info.type[0] in BODILESS:
            return 0
        size = self.keywords.get("size", "")
        return int(size) if size.isascii() and size.isdigit() and len(size) < 20 else self.info.size

    @property
    def sparse(self) -> bool:
        """Whether its body leaves out its holes."""
        return self.info.type == SPARSE or any(key.startswith("GNU.sparse") for key in self.keywords)


def is_tar(block: bytes) -> bool:
    """Whether a file that begins with this block of 512 bytes is a tar archive."""
    try:
        _parsed(block)
    except tarfile.HeaderError:
        return block == bytes(BLOCK)  # an empty archive
    return True


def headers(read: ReadAt) -> Iterator[Header]:
    """Every member's header.

    Raises:
        Undecodable: the archive stops making sense, or ends within a member.
    """
    at, keywords, room = 0, dict[str, str](), MAX_EXTENSION
    while (block := whole(read, at, BLOCK)) != bytes(BLOCK):
        try:
            info = _parsed(block)
        except tarfile.HeaderError:
            raise Undecodable(DAMAGED) from None
        at += BLOCK
        if info.type in EXTENSIONS:
            keywords |= _extension(info, _body(read, at, info.size, room))
            at, room = at + _padded(info.size), room - info.size
            continue
        at = _after_extents(read, at, block) if info.type == SPARSE else at
        header = Header(info, keywords, at)
        yield header
        at, keywords, room = at + _padded(header.size), {}, MAX_EXTENSION


def _parsed(block: bytes) -> TarInfo:
    return TarInfo.frombuf(block, "utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _body(read: ReadAt, start: int, size: int, room: int) -> bytes:
    if not 0 <= size <= room:
        raise Undecodable(DAMAGED)
    return whole(read, start, size)


def whole(read: ReadAt, start: int, size: int) -> bytes:
    """All `size` bytes from `start`.

    Raises:
        Undecodable: the archive ends before.
    """
    content = read(start, size)
    if len(content) < size:
        raise Undecodable(CUT_SHORT)
    return content


def _extension(info: TarInfo, body: bytes) -> dict[str, str]:
    """What a header that stands before another says about it."""
    if info.type == LONG_NAME:
        return {"path": _text(body.split(b"\0", 1)[0])}
    return _keywords(body) if info.type in KEYWORDS else {}


def _keywords(body: bytes) -> dict[str, str]:
    """POSIX's records, each `LENGTH KEY=VALUE` and a line's end."""
    found, at = dict[str, str](), 0
    while at < len(body):
        length, _, _ = body[at : at + 20].partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(body) - at:
            raise Undecodable(DAMAGED)
        key, _, value = body[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        found[_text(key)], at = _text(value), at + int(length)
    return found


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _after_extents(read: ReadAt, at: int, block: bytes) -> int:
    """Where a GNU sparse file's body begins: after the blocks that list its extents."""
    more = len(block) > MORE_EXTENTS and block[MORE_EXTENTS]
    while more:
        more = whole(read, at, BLOCK)[MORE_EXTENTS_AFTER]
        at += BLOCK
    return at
