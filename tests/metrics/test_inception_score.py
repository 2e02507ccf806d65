"""The Inception Score: torch-fidelity's number, and the scores of the surest and the least sure classifier.

Golden values: `scripts/make_inception_golden.py`.
"""

from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics.inception_score import inception_scores, score
from tests.metrics.random_inception import scores


def test_it_is_torch_fidelitys() -> None:
    """To 1e-6; 1e-12 is what float64 gives on both sides. The parts of 53 pictures differ in size."""
    with np.load(Path(__file__).parent / "inception.npz") as golden:
        found = inception_scores(scores())
        np.testing.assert_allclose((found.mean(), found.std()), golden["score"], rtol=1e-10)


def test_sure_and_even_is_the_number_of_classes() -> None:
    """Also where a probability is 0 in float64."""
    sure = 1000 * np.eye(6, dtype=np.float32)[np.arange(18) % 6]
    assert score(sure) == pytest.approx(6, rel=1e-12)
    assert score(sure[::6]) == pytest.approx(1, rel=1e-12)
    assert score(np.zeros((5, 6))) == pytest.approx(1, rel=1e-12)


def test_parts_have_no_picture_in_common() -> None:
    """One picture a part: every score is 1, whatever the pictures are."""
    np.testing.assert_allclose(inception_scores(scores(8), parts=8), 1, atol=1e-12)


def test_fewer_pictures_than_parts() -> None:
    with pytest.raises(UserError, match="10 parts needs as many pictures, and there are 9"):
        inception_scores(scores(9))
