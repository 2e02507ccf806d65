"""The members of a tar archive: where each one's bytes lie.

The headers are walked once, from the beginning; `ReadAt` gives the bytes, of a plain file in any order or
of a compressed one (`inflate.py`) best in order. Links, devices, pipes and sparse files are refused:
nothing is followed, nothing is made.
"""

from collections.abc import Iterator
from functools import partial

from mezzotint.data.folder import MAX_BYTES
from mezzotint.data.member import (
    CUT_SHORT,
    LABEL_FILES,
    MAX_LABEL_BYTES,
    TOO_LARGE,
    Member,
    ReadAt,
    fault,
    leads_outside,
    refused,
)
from mezzotint.data.source import Undecodable, printable
from mezzotint.data.tar_headers import Header, headers, whole


def tar_members(read: ReadAt) -> Iterator[Member]:
    """The archive's files, in its order; folders are passed over.

    The content of label files is read on the way, so that an archive which is read in order is read once.
    """
    last = ""
    try:
        for header in headers(read):
            member = _member(header, read)
            _demand_end(header, read)
            if not header.info.isdir():
                yield member
            last = printable(header.name)
    except Undecodable as reason:
        yield fault(str(reason), last)


def _member(header: Header, read: ReadAt) -> Member:
    if reason := _refusal(header):
        return refused(header.name, reason)
    content_of = partial(whole, read, header.start, header.size)
    if header.name.endswith(LABEL_FILES) and header.size <= MAX_LABEL_BYTES:
        content = content_of()
        return Member(header.name, lambda: content)
    return Member(header.name, content_of)


def _demand_end(header: Header, read: ReadAt) -> None:
    if header.size and not read(header.start + header.size - 1, 1):
        raise Undecodable(CUT_SHORT)


def _refusal(header: Header) -> str:
    """Why the member must not be read; empty where it may be."""
    if outside := leads_outside(header.name):
        return outside
    if header.info.issym() or header.info.islnk():
        return "it is a link"
    if header.sparse:
        return "it is a sparse file"
    if not header.info.isreg():
        return "it is not a regular file"
    return TOO_LARGE if header.size > MAX_BYTES else ""
