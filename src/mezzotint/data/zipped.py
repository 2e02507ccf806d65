"""The members of a zip archive, read in any order and from any thread.

The archive's own list says where each member is; where that is lost, as in a file that is cut short, the
members are found one after the other from the beginning. What a header declares is never trusted: a member
is inflated to the size that it declares and not a byte further, and its checksum must be right.
"""

import bz2
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from zipfile import ZipInfo

from mezzotint.data.folder import MAX_BYTES
from mezzotint.data.member import CUT_SHORT, TOO_LARGE, Member, fault, leads_outside, read_at, refused
from mezzotint.data.source import Undecodable, printable

SIGNATURE = b"PK\x03\x04"
LOCAL = struct.Struct("<4s5H3I2H")  # what stands before each member
ENCRYPTED, SIZES_FOLLOW, UTF8 = 0x1, 0x8, 0x800
KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
ABSURD_RATIO, ABSURD_FROM = 250, 16 * 2**20  # times, and bytes: flat pictures do shrink much
DAMAGED_LIST = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError, EOFError)


def zip_members(path: Path) -> Iterator[Member]:
    """The archive's files, in its order; folders are passed over."""
    infos, lost = _listing(path)
    overlapping = _overlapping(infos)
    for place, info in enumerate(infos):
        if info.is_dir():
            continue
        reason = _refusal(info) or ("it overlaps another member" if place in overlapping else "")
        if reason:
            yield refused(info.filename, reason)
        else:
            yield Member(info.filename, partial(_read, path, info))
    if lost:
        yield fault(CUT_SHORT, printable(infos[-1].filename) if infos else "")


def _listing(path: Path) -> tuple[list[ZipInfo], bool]:
    """The members, and whether the archive's own list of them is lost."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist(), False
    except DAMAGED_LIST:
        return list(_found(path)), True


def _found(path: Path) -> Iterator[ZipInfo]:
    """The members that lie whole, one after the other, from the beginning."""
    end, extent = 0, path.stat().st_size
    while len(head := read_at(path, end, LOCAL.size)) == LOCAL.size and head[:4] == SIGNATURE:
        _, _, flags, method, _, _, checksum, packed, size, name, extra = LOCAL.unpack(head)
        text = read_at(path, end + LOCAL.size, name).decode("utf-8" if flags & UTF8 else "cp437", "replace")
        start, end = end, end + LOCAL.size + name + extra + packed
        if flags & SIZES_FOLLOW or end > extent or not text:
            return
        info = ZipInfo(text)
        info.header_offset, info.flag_bits, info.compress_type = start, flags, method
        info.CRC, info.compress_size, info.file_size = checksum, packed, size
        yield info


def _overlapping(infos: Sequence[ZipInfo]) -> set[int]:
    """The places of members that reach into the next one: how small archives become enormous."""
    order = sorted(range(len(infos)), key=lambda place: infos[place].header_offset)
    ends = (infos[place].header_offset + LOCAL.size + infos[place].compress_size for place in order)
    starts = (infos[place].header_offset for place in order[1:])
    return {place for place, end, start in zip(order, ends, starts, strict=False) if end > start}


def _refusal(info: ZipInfo) -> str:
    """Why a member must not be read; empty where it may be."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if outside := leads_outside(info.filename):
        return outside
    if kind == stat.S_IFLNK:
        return "it is a link"
    if kind not in (0, stat.S_IFREG):
        return "it is not a regular file"
    if info.flag_bits & ENCRYPTED:
        return "it is encrypted"
    if info.compress_type not in KNOWN_METHODS:
        return f"its compression (method {info.compress_type}) is not supported"
    if max(info.file_size, info.compress_size) > MAX_BYTES:
        return TOO_LARGE
    if info.file_size > max(ABSURD_FROM, ABSURD_RATIO * info.compress_size):
        return f"it would inflate to more than {ABSURD_RATIO} times its size"
    return ""


def _read(path: Path, info: ZipInfo) -> bytes:
    head = read_at(path, info.header_offset, LOCAL.size)
    if len(head) < LOCAL.size or head[:4] != SIGNATURE:
        raise Undecodable("the archive is damaged where it should begin")
    name, extra = LOCAL.unpack(head)[-2:]
    packed = read_at(path, info.header_offset + LOCAL.size + name + extra, info.compress_size)
    content = _inflated(packed, info)
    if len(content) > info.file_size:
        raise Undecodable("it is larger than the archive says")
    if len(content) < info.file_size or zlib.crc32(content) != info.CRC:
        raise Undecodable("it is damaged (its checksum is wrong)")
    return content


def _inflated(packed: bytes, info: ZipInfo) -> bytes:
    """At most a byte more than the member declares."""
    limit = info.file_size + 1
    try:
        if info.compress_type == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit)
        if info.compress_type == zipfile.ZIP_BZIP2:
            return bz2.BZ2Decompressor().decompress(packed, limit)
    except (zlib.error, OSError, ValueError, EOFError) as error:
        raise Undecodable("it is damaged (it cannot be inflated)") from error
    return packed
