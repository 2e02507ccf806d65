"""Nearest neighbours: every pair's distance in plain loops, in one block or many, and exact zeros."""

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics import neighbours
from mezzotint.metrics.neighbours import Nearest, nearest, nearest_within, squared_distances


def plain(vectors: np.ndarray, others: np.ndarray, k: int, mirrored: np.ndarray, within: bool) -> Nearest:
    """Pair by pair."""
    found = []
    for place, views in enumerate(zip(vectors, mirrored, strict=True)):
        apart = [min(float(np.linalg.norm(view - other)) for view in views) for other in others]
        order = sorted((far, index) for index, far in enumerate(apart) if not (within and index == place))
        found.append(order[:k])
    distance, index = np.moveaxis(np.array(found), -1, 0)
    return Nearest(index.astype(np.int64), distance)


@pytest.mark.parametrize("block", [3, 512])
@pytest.mark.parametrize("k", [1, 4, 9])
@pytest.mark.parametrize("flips", [False, True])
def test_they_are_the_nearest(monkeypatch: pytest.MonkeyPatch, block: int, k: int, flips: bool) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", block)
    random = np.random.default_rng(k)
    vectors, mirrored, others = random.standard_normal((3, 11, 5)).astype(np.float32)
    views = mirrored if flips else None
    for found, among in (
        (nearest(vectors, others, k, views), others),
        (nearest_within(vectors, k, views), None),
    ):
        expected = plain(
            vectors,
            vectors if among is None else among,
            k,
            mirrored if flips else vectors,
            within=among is None,
        )
        np.testing.assert_array_equal(found.place, expected.place)
        np.testing.assert_allclose(found.distance, expected.distance, rtol=1e-6)


def test_equal_vectors_are_0_apart_and_others_are_not() -> None:
    """Of pictures of 64 x 64 that differ by a level of 255 in one number."""
    picture = np.random.default_rng(0).random((1, 12_288))
    other = picture.copy()
    other[0, 7] += 1 / 255
    found = np.sqrt(squared_distances(picture, np.concatenate([picture, other])))
    assert found[0, 0] == 0 and found[0, 1] == pytest.approx(1 / 255, rel=1e-3)
    assert nearest_within(picture.repeat(4, axis=0), 3).distance.max() == 0


def test_too_few() -> None:
    with pytest.raises(UserError, match="the 3 nearest cannot be found among 2 pictures"):
        nearest(np.ones((4, 2)), np.ones((2, 2)), 3)
    with pytest.raises(UserError, match="4 neighbours of a picture in its set need 5 pictures, not 4"):
        nearest_within(np.ones((4, 2)), 4)
