"""KID: torch-fidelity's numbers, the definition written out, no bias, and an honest standard error."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics import neighbours
from mezzotint.metrics.kernel import Measured, kid, kid_difference, kid_of_subsets

GOLDEN = Path(__file__).parent / "distances.npz"


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def test_kid_is_torch_fidelitys(golden: dict[str, np.ndarray]) -> None:
    """To 1e-6; 1e-12 is what float64 gives on both sides."""
    found = kid(golden["first"], golden["second"])
    np.testing.assert_allclose(found.value, golden["kid"], rtol=1e-10)


def test_kid_of_subsets_is_torch_fidelitys(golden: dict[str, np.ndarray]) -> None:
    found = kid_of_subsets(golden["first"], golden["second"], count=10, size=50)
    np.testing.assert_allclose(found, golden["kid_of_subsets"], rtol=1e-10)


def written_out(first: np.ndarray, second: np.ndarray) -> float:
    """Pair by pair."""

    def k(x: np.ndarray, y: np.ndarray) -> float:
        return (float(np.dot(x, y)) / len(x) + 1) ** 3

    within = [
        np.mean([k(x, y) for i, x in enumerate(each) for j, y in enumerate(each) if i != j])
        for each in (first, second)
    ]
    return sum(within) - 2 * np.mean([k(x, y) for x in first for y in second])


def test_value_and_error_are_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jackknife by really leaving out each picture; sets of two sizes, the kernel in several parts."""
    monkeypatch.setattr(neighbours, "BLOCK", 3)
    random = np.random.default_rng(0)
    first, second = random.random((7, 4)), random.random((5, 4)) + 0.1
    found = kid(first, second)
    assert found.value == pytest.approx(written_out(first, second), rel=1e-12)
    spread = [
        (len(each) - 1) * np.var([written_out(*without(index)) for index in range(len(each))])
        for each, without in (
            (first, lambda index: (np.delete(first, index, 0), second)),
            (second, lambda index: (first, np.delete(second, index, 0))),
        )
    ]
    assert found.error == pytest.approx(np.sqrt(sum(spread)), rel=1e-9)


def many(shift: float, count: int = 400) -> Iterator[Measured]:
    """KIDs of independent pairs of sets, 30 and 45 normal vectors of 6, their means `shift` apart."""
    random = np.random.default_rng(7)
    for _ in range(count):
        yield kid(random.standard_normal((30, 6)), random.standard_normal((45, 6)) + shift)


def test_two_sets_of_one_origin_are_0_apart_on_average() -> None:
    """Within 4 standard errors of the mean of 400; the error given is about sqrt 2 times the true one."""
    found = np.array(list(many(0.0)))
    deviation = found[:, 0].std()
    assert abs(found[:, 0].mean()) < 4 * deviation / np.sqrt(len(found))
    assert abs(found[:, 1].mean() / deviation - np.sqrt(2)) < 0.2


def test_the_error_of_sets_that_differ_is_the_deviation_over_repetitions() -> None:
    """Within 15 %: the deviation of 400 repetitions is itself uncertain by 4 %; 0.94 was observed."""
    found = np.array(list(many(1.0)))
    assert found[:, 0].mean() > 3 * found[:, 0].std()
    assert abs(found[:, 1].mean() / found[:, 0].std() - 1) < 0.15


def test_a_difference_of_pairs_is_surer_than_either() -> None:
    """Pictures that agree but for a tenth: its error within 15 % of the deviation over 200 repetitions."""
    random = np.random.default_rng(7)
    found, single = [], []
    for _ in range(200):
        one, real = random.standard_normal((30, 6)) + 0.5, random.standard_normal((45, 6))
        two = one + 0.1 + 0.1 * random.standard_normal((30, 6))
        found.append(kid_difference(two, one, real))
        single.append(kid(one, real).error)
        assert found[-1].value == pytest.approx(kid(two, real).value - kid(one, real).value, abs=1e-12)
    values, errors = np.array(found).T
    assert abs(errors.mean() / values.std() - 1) < 0.15 and values.mean() > 0
    assert errors.mean() < 0.5 * np.mean(single)
    assert kid_difference(one, one, real) == Measured(0, 0)


def test_a_set_is_not_0_from_itself() -> None:
    """The diagonal counts across and not within: the estimate is below 0, and KID needs other pictures."""
    same = np.random.default_rng(0).random((20, 4))
    assert kid(same, same).value < 0


def test_too_few_pictures() -> None:
    with pytest.raises(UserError, match="3 pictures a set, and there are 2 and 5"):
        kid(np.ones((2, 3)), np.ones((5, 3)))
    with pytest.raises(UserError, match="5 pictures, fewer than the 1000"):
        kid_of_subsets(np.ones((2000, 3)), np.ones((5, 3)))
