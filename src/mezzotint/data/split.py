"""Which pictures are trained on and which are held out.

An origin's own splits count where it has them: `train` is trained on; `validation` is held out or, where
there is none, `test`. All else is decided by content: a picture is held out when the digest of its file's
content, read as a number, lies in the lowest tenth: 10% on average. So exact duplicates land on the same
side, names and order do not matter, and files that are added later move no file that was there.

One exception, for very small sets: with two or more distinct pictures each side has at least one.
Where no digest lies in the lowest tenth, the lowest of all is held out, until one comes that does
(at 50 pictures that is needed once in 200 sets); where all do, the highest is trained on.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import NamedTuple

from mezzotint.data.survey import DIGEST_BYTES
from mezzotint.errors import UserError

LOWEST_TENTH = (256**DIGEST_BYTES // 10).to_bytes(DIGEST_BYTES, "big")
WITHIN = b"within a split"


class Sides(NamedTuple):
    """Rows of an origin."""

    train: list[int]
    validation: list[int]


def sides(
    name: str, rows: Sequence[int], digests: Sequence[bytes], splits: Sequence[str], only: str = ""
) -> Sides:
    """The rows to train on and those to hold out.

    Args:
        name: of the origin, for messages.
        rows: of the usable pictures.
        digests: of their contents.
        splits: the origin's own, empty where it has none.
        only: use this split alone, a tenth of it held out.

    Raises:
        UserError: no picture is in the split that is asked for.
    """
    splits = own_or_by_content(digests, splits)
    if only:
        _demand_split(name, only, splits)
        kept = [place for place, split in enumerate(splits) if split == only]
        return _by_content([rows[place] for place in kept], [digests[place] for place in kept])
    held = next((split for split in ("validation", "test") if split in splits), None)
    if held is None or "train" not in splits:
        return _by_content(rows, digests)
    sorted_by = {
        split: [row for row, own in zip(rows, splits, strict=True) if own == split] for split in set(splits)
    }
    return Sides(sorted_by["train"], sorted_by[held])


def own_or_by_content(digests: Sequence[bytes], splits: Sequence[str]) -> list[str]:
    """Each picture's split: the origin's own, or by content where it has none."""
    without = held_out([digest for digest, split in zip(digests, splits, strict=True) if not split])
    return [
        split or ("validation" if digest in without else "train")
        for digest, split in zip(digests, splits, strict=True)
    ]


def held_out(digests: Collection[bytes], salt: bytes = b"") -> frozenset[bytes]:
    """The digests of the pictures to hold out; none where fewer than two are distinct.

    Args:
        digests: of all pictures.
        salt: another draw of the tenth, for pictures that are a split already.
    """
    number = {digest: _number(digest, salt) for digest in set(digests)}
    if len(number) < 2:
        return frozenset()
    distinct = sorted(number, key=number.__getitem__)
    lowest = [digest for digest in distinct if number[digest] < LOWEST_TENTH]
    return frozenset((lowest or distinct[:1])[: len(distinct) - 1])


def _by_content(rows: Sequence[int], digests: Sequence[bytes]) -> Sides:
    held = held_out(digests, WITHIN)
    pairs = list(zip(rows, digests, strict=True))
    return Sides(
        [row for row, digest in pairs if digest not in held], [row for row, digest in pairs if digest in held]
    )


def _number(digest: bytes, salt: bytes) -> bytes:
    return hashlib.blake2b(digest, digest_size=DIGEST_BYTES, salt=salt).digest() if salt else digest


def _demand_split(name: str, only: str, splits: Collection[str]) -> None:
    if only not in splits:
        there = ", ".join(sorted(set(splits)))
        raise UserError(f"{name} has no split {only!r}; there are: {there}")
