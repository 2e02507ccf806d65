"""The Frechet distance: torch-fidelity's numbers, closed forms, and singular covariances."""

from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics.frechet import Gaussian, factor, frechet, frechet_with_interval, gaussian

GOLDEN = Path(__file__).parent / "distances.npz"


@pytest.mark.parametrize(("other", "expected"), [("second", "fid"), ("few", "fid_few")])
def test_it_is_torch_fidelitys(other: str, expected: str) -> None:
    """To 1e-6. Of 15 pictures in 24 dimensions the covariance is singular, and torch-fidelity's own square
    root of a rounding error is 3e-8 of the distance.
    """
    with np.load(GOLDEN) as golden:
        found = frechet(gaussian(golden["first"]), gaussian(golden[other]))
        np.testing.assert_allclose(found, golden[expected], rtol=1e-6)


def test_commuting_covariances_have_a_closed_form() -> None:
    """|m|^2 + sum (sqrt a - sqrt b)^2 for eigenvalues a, b in one basis, zeros among them."""
    random = np.random.default_rng(0)
    basis, _ = np.linalg.qr(random.standard_normal((6, 6)))
    a, b, mean = np.array([4.0, 1, 0, 0, 9, 2]), np.array([1.0, 0, 0, 3, 4, 2]), random.standard_normal(6)
    first = Gaussian(mean, basis * a @ basis.T)
    second = Gaussian(np.zeros(6), basis * b @ basis.T)
    expected = mean @ mean + np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    assert frechet(first, second) == pytest.approx(expected, rel=1e-7)
    assert frechet(second, first) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("count", [5, 200])
def test_a_gaussian_is_0_from_itself(count: int) -> None:
    features = np.random.default_rng(0).standard_normal((count, 32)) * np.geomspace(1e-3, 1e3, 32)
    itself = gaussian(features)
    assert abs(frechet(itself, itself)) < 1e-7 * np.trace(itself.covariance)


def test_the_factor_has_the_rank_and_gives_the_covariance() -> None:
    covariance = gaussian(np.random.default_rng(0).standard_normal((7, 20))).covariance
    lower = factor(covariance)
    assert lower.shape == (20, 6)
    np.testing.assert_allclose(lower @ lower.T, covariance, atol=1e-12)


def test_one_picture_has_no_covariance() -> None:
    with pytest.raises(UserError, match="at least 2 pictures, not 1"):
        gaussian(np.ones((1, 4)))


def test_the_interval_does_not_depend_on_the_order() -> None:
    """Ten classes one after the other, as a folder has them: each tenth that is left out is of all."""
    generator = np.random.default_rng(4)
    centres = np.repeat(generator.normal(0, 3, (10, 4)), 40, 0)
    real, samples = (centres + generator.normal(0, 1, centres.shape) for _ in range(2))
    halves = [
        found.high - found.value
        for found in (frechet_with_interval(each, real) for each in (samples, generator.permutation(samples)))
    ]
    assert 0.5 < halves[0] / halves[1] < 2


def test_the_interval_holds_the_mean_of_fresh_draws() -> None:
    """In 40 repetitions at least 34, where 38 are expected: the mean of the biased distance, not 0."""
    generator, real = np.random.default_rng(0), np.random.default_rng(1).normal(size=(500, 4))
    found = [frechet_with_interval(generator.normal(0.3, 1, (100, 4)), real) for _ in range(40)]
    mean = np.mean([each.value for each in found])
    assert sum(each.low < mean < each.high for each in found) >= 34
