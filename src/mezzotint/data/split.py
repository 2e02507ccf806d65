"""Which pictures are held out for validation, where the origin does not say: decided by content.

A picture is held out when the digest of its file's content, read as a number, lies in the lowest
tenth: 10% on average. So exact duplicates land on the same side, names and order do not matter, and
files that are added later move no file that was there.

One exception, for very small sets: with two or more distinct pictures each side has at least one.
Where no digest lies in the lowest tenth, the lowest of all is held out, until one comes that does
(at 50 pictures that is needed once in 200 sets); where all do, the highest is trained on.
"""

from collections.abc import Collection

from mezzotint.data.survey import DIGEST_BYTES

LOWEST_TENTH = (256**DIGEST_BYTES // 10).to_bytes(DIGEST_BYTES, "big")


def held_out(digests: Collection[bytes]) -> frozenset[bytes]:
    """The digests of the pictures to hold out; none where fewer than two are distinct."""
    distinct = sorted(set(digests))
    if len(distinct) < 2:
        return frozenset()
    lowest = [digest for digest in distinct if digest < LOWEST_TENTH]
    return frozenset((lowest or distinct[:1])[: len(distinct) - 1])
