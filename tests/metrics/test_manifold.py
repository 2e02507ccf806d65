"""Precision, recall, density, coverage: by hand, as published, in expectation, and how sure they are."""

from typing import NamedTuple

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics import neighbours
from mezzotint.metrics.manifold import Manifold, manifold


class Values(NamedTuple):
    """The four without their intervals."""

    precision: float
    recall: float
    density: float
    coverage: float


def values(found: Manifold) -> Values:
    return Values(*(each.value for each in found))


def test_a_case_by_hand() -> None:
    """Real pictures at 0 to 7 and 1000 to 1007 on a line; four samples among the former, six nowhere.

    Wide real balls have the radii 5, 4, 3, 3, 3, 3, 4, 5: the four samples are in 8, 8, 8 and 5 of them. The
    samples' narrow balls have 1.5, 1, 1 and 1.5, and reach from 2.5 to 7, its edge included.
    """
    real = np.concatenate([np.arange(8.0), 1000 + np.arange(8.0)])[:, None]
    samples = np.concatenate([[4, 4.5, 5, 5.5], 100 + np.arange(6.0)])[:, None]
    expected = Values(precision=4 / 10, recall=5 / 16, density=29 / 50, coverage=8 / 16)
    assert values(manifold(real, samples)) == pytest.approx(expected, rel=1e-12)


def radii(own: np.ndarray, k: int) -> list[float]:
    """From each picture to the k-th nearest of its set; the picture itself is the 0th."""
    return [sorted(float(np.linalg.norm(x - other)) for other in own)[k] for x in own]


def published(real: np.ndarray, samples: np.ndarray) -> Values:
    """The definitions of both papers, word by word."""

    def inside(pictures: np.ndarray, own: np.ndarray, k: int) -> np.ndarray:
        balls = list(zip(own, radii(own, k), strict=True))
        return np.array([[float(np.linalg.norm(y - x)) <= far for x, far in balls] for y in pictures])

    precision = inside(samples, real, 3).any(axis=1).mean()
    recall = inside(real, samples, 3).any(axis=1).mean()
    wide = inside(samples, real, 5)
    return Values(precision, recall, wide.sum() / (5 * len(samples)), wide.any(axis=0).mean())


@pytest.mark.parametrize("seed", range(2))
def test_they_are_as_published(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """In several blocks, of sets of two sizes; what the jackknife leaves out is really left out."""
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    random = np.random.default_rng(seed)
    real, samples = random.standard_normal((24, 3)), 0.8 * random.standard_normal((16, 3)) + 0.4
    found = manifold(real, samples)
    assert values(found) == pytest.approx(published(real, samples), rel=1e-12)
    real_part, part = (np.random.default_rng(0).permutation(count) % 10 for count in (24, 16))
    without = np.array([published(real[real_part != i], samples[part != i]) for i in range(10)])
    half = 2.2622 * np.sqrt(9 * without.var(axis=0))[2]
    assert found.density.high - found.density.value == pytest.approx(half, rel=1e-4)


def test_sets_of_one_origin_have_the_expected_density_and_coverage() -> None:
    """1, and Naeem et al., arXiv:2002.09797, lemma 2; the intervals hold in most repetitions.

    A mean over 80 is within 4 of its standard errors. The intervals are rather too wide.
    """
    random = np.random.default_rng(7)
    n, m = 60, 40
    found = np.array([manifold(*(random.standard_normal((c, 4)) for c in (n, m))) for _ in range(80)])
    expected = 1 - np.prod([(n - i) / (n + m - i) for i in range(1, 6)])
    for place, truth in ((2, 1.0), (3, expected)):
        repeated = found[:, place, 0]
        assert abs(repeated.mean() - truth) < 4 * repeated.std() / np.sqrt(80)
    truths = found[..., 0].mean(axis=0)
    held = (found[..., 1] <= truths) & (truths <= found[..., 2])
    assert held.mean(axis=0).min() > 0.9


def test_copies_fill_the_region_and_repetitions_of_few_do_not() -> None:
    real = np.random.default_rng(0).random((40, 2))
    same = values(manifold(real, real.copy()))
    assert same == pytest.approx(Values(1, 1, same.density, 1)) and same.density >= 1
    few = values(manifold(real, real[:4].repeat(10, axis=0)))
    assert few.precision == 1 and few.recall == 4 / 40 and few.coverage < 0.7


def test_too_few_pictures() -> None:
    with pytest.raises(UserError, match="10 pictures a set, and one has 9"):
        manifold(np.ones((20, 3)), np.ones((9, 3)))
