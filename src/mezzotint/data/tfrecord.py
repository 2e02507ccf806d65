"""Files of TFRecords at random access, read without TensorFlow.

A record is its length (8 bytes, little-endian), the length's checksum (4), the data, and the data's
checksum (4). Only the lengths are read at first. The checksums are CRC-32C, which Python has not: what
is damaged inside a picture, its decoder finds.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mezzotint.errors import UserError

LENGTH, CHECKSUM = 8, 4


class Part(Protocol):
    """Some consecutive records of a file, as TensorFlow Datasets says it."""

    filename: str
    skip: int
    take: int
    examples_in_shard: int


class Place(NamedTuple):
    """Where a record's data are."""

    file: str
    start: int
    length: int


class TfRecords:
    """The records of some parts of files, in their order."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Find every record.

        Raises:
            UserError: a file is missing or damaged, or holds another number of records.
        """
        whole = {os.fspath(part.filename): part.examples_in_shard for part in parts}
        places = {file: _places(file, count) for file, count in whole.items()}
        self._places = [
            place
            for part in parts
            for place in places[os.fspath(part.filename)][part.skip : part.skip + part.take]
        ]

    def __len__(self) -> int:
        """The number of records."""
        return len(self._places)

    def __getitem__(self, row: int) -> bytes:
        """A record's data."""
        place = self._places[row]
        with open(place.file, "rb") as stream:
            stream.seek(place.start)
            return stream.read(place.length)


def _places(file: str, count: int) -> list[Place]:
    try:
        found = _scan(file)
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}): prepare the set again") from error
    if len(found) != count:
        raise UserError(f"{file} is damaged: it has {len(found)} of {count} records: prepare the set again")
    return found


def _scan(file: str) -> list[Place]:
    """Every record that is whole."""
    found, size = [], os.path.getsize(file)
    with open(file, "rb") as stream:
        while len(head := stream.read(LENGTH + CHECKSUM)) == LENGTH + CHECKSUM:
            start = stream.tell()
            length = int.from_bytes(head[:LENGTH], "little")
            if start + length + CHECKSUM > size:
                break
            found.append(Place(file, start, length))
            stream.seek(length + CHECKSUM, os.SEEK_CUR)
    return found
