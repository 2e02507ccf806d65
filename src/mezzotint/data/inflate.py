"""A compressed file's inflated bytes by offset: quick in order, from the beginning again for any step back.

Memory stays within a few megabytes; reading ends where the file inflates absurdly, so that a small file of
terabytes of zeros takes neither the memory nor the day.
"""

import bz2
import gzip
import lzma
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn, Protocol

from mezzotint.data.member import CUT_SHORT
from mezzotint.data.source import Undecodable

CHUNK = 2**20  # bytes
XZ_MEMORY = 256 * 2**20  # bytes for its dictionary
FREE, MAX_RATIO = 2**30, 100  # bytes inflated before the ratio to what was read counts
BOMB = f"the archive inflates to more than {MAX_RATIO} times its size"


class Readable(Protocol):
    """Something that is read from its beginning to its end."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class Xz:
    """The standard library's reader of .xz files, but with a limit to the memory that a file can ask for."""

    def __init__(self, file: BinaryIO) -> None:
        """Reads a file from where it stands."""
        self._file, self._spare, self._decoder = file, b"", _xz_decoder()

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        while True:
            packed, self._spare = self._spare or self._next(), b""
            if self._decoder.eof:
                packed = packed.lstrip(b"\0")  # between two streams
                if not packed:
                    return b""
                self._decoder = _xz_decoder()
            data = self._decoder.decompress(packed, size)
            self._spare = self._decoder.unused_data if self._decoder.eof else b""
            if data:
                return data

    def _next(self) -> bytes:
        if not (self._decoder.needs_input or self._decoder.eof):
            return b""
        packed = self._file.read(CHUNK)
        if not packed and not self._decoder.eof:
            raise EOFError
        return packed


def _xz_decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def _gzip(file: BinaryIO) -> Readable:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _bzip2(file: BinaryIO) -> Readable:
    return bz2.BZ2File(file)


BY_BEGINNING: dict[bytes, Callable[[BinaryIO], Readable]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\x00": Xz,
}


class Inflated:
    """The bytes of a compressed file, from any thread, one at a time: a `ReadAt`.

    Attributes:
        passes: how often the file was read from its beginning.
    """

    def __init__(self, path: Path, inflate: Callable[[BinaryIO], Readable]) -> None:
        """Opens nothing until it is read."""
        self._path, self._inflate = path, inflate
        self._file: BinaryIO | None = None
        self._stream: Readable | None = None
        self._at, self.passes, self._lock = 0, 0, threading.Lock()

    def __call__(self, offset: int, size: int) -> bytes:
        """The bytes from `offset`, fewer at the end; none for a size below zero, which to a stream means all.

        Raises:
            Undecodable: the file is damaged or cut short before them, or inflates absurdly.
        """
        with self._lock:
            try:
                return self._read(offset, size)
            except EOFError:
                self._fail(CUT_SHORT)
            except (OSError, ValueError, zlib.error, lzma.LZMAError):
                self._fail("the archive is damaged")

    def _fail(self, reason: str) -> NoReturn:
        self._close()
        raise Undecodable(reason) from None

    def _read(self, offset: int, size: int) -> bytes:
        stream = self._from_the_start() if self._stream is None or offset < self._at else self._stream
        while self._at < offset:
            if not self._take(stream, min(CHUNK, offset - self._at)):
                return b""
        parts = []
        while size > 0 and (part := self._take(stream, min(CHUNK, size))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _take(self, stream: Readable, size: int) -> bytes:
        data = stream.read(size)
        self._at += len(data)
        if self._at > FREE and self._file and self._at > FREE + MAX_RATIO * self._file.tell():
            self._fail(BOMB)
        return data

    def _from_the_start(self) -> Readable:
        self._close()
        self._file = self._path.open("rb")
        self._stream = self._inflate(self._file)
        self._at, self.passes = 0, self.passes + 1
        return self._stream

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._stream = None

    def __del__(self) -> None:
        """Closes the file."""
        self._close()
