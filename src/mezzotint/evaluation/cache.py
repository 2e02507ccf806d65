"""Features of pictures that stay the same, kept in the user's cache folder by the content of the pictures.

    features/EXTRACTOR-VERSION/DIGEST.npz

A file that is damaged or of another shape is made again. A cache that cannot be written costs time alone.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from platformdirs import user_cache_path

from mezzotint.evaluation import stored
from mezzotint.evaluation.stored import Damaged
from mezzotint.metrics.features import Extractor, features

Pictures = UInt8[np.ndarray, "count height width channels"]
Features = Float[np.ndarray, "count dimensions"]
Seen = Callable[[int], None]


def cached(extractor: Extractor, pictures: Pictures, seen: Seen, folder: Path | None = None) -> Features:
    """The features of pictures, from the cache where it has them.

    Args:
        extractor: makes the vectors.
        pictures: uint8.
        seen: called with the number of pictures just done.
        folder: of the cache; None for the user's.
    """
    place = (folder or user_cache_path("mezzotint") / "features") / f"{extractor.name}-{extractor.version}"
    path = place / f"{digest(pictures)}.npz"
    found = _read(path, (len(pictures), extractor.dimensions))
    if found is not None:
        seen(len(pictures))
        return found
    made = of_bytes(extractor, pictures, seen)
    _write(path, made)
    return made


def of_bytes(extractor: Extractor, pictures: Pictures, seen: Seen) -> Features:
    """The features of pictures that change, and are not kept."""

    def one_by_one() -> Iterator[Float[np.ndarray, "height width channels"]]:
        for picture in pictures:
            yield picture / np.float32(255)
            seen(1)

    return features(extractor, one_by_one())


def digest(pictures: Pictures) -> str:
    """The content's SHA-256, its shape included."""
    found = hashlib.sha256(str(pictures.shape).encode())
    found.update(np.ascontiguousarray(pictures).data)
    return found.hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> Features | None:
    try:
        found = stored.read(path)
    except (OSError, Damaged):
        return None
    return found if found.shape == shape else None


def _write(path: Path, made: Features) -> None:
    with suppress(OSError):
        stored.write(path, made)
