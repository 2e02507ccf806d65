"""Class labels: one-hot rows with a column for none, and labels withheld at random."""

import jax
import jax.numpy as jnp
import numpy as np

from mezzotint.core.labels import NONE, one_hot, unlabelled, withheld


def test_each_label_has_its_column_and_none_the_last() -> None:
    found = one_hot(jnp.array([0, 2, NONE, 1]), 3)
    expected = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(one_hot(unlabelled(2), 3), [[0, 0, 0, 1]] * 2)


def test_labels_are_withheld_as_often_as_asked_and_otherwise_kept() -> None:
    """20,000 draws: 5 standard errors of the share are 0.0106."""
    labels = jnp.arange(20_000) % 7
    found = withheld(jax.random.key(0), labels, 0.1)
    gone = np.asarray(found == NONE)
    assert abs(gone.mean() - 0.1) < 0.0106
    np.testing.assert_array_equal(found[~gone], labels[~gone])
    np.testing.assert_array_equal(found, withheld(jax.random.key(0), labels, 0.1))
    assert not np.array_equal(found, withheld(jax.random.key(1), labels, 0.1))


def test_never_and_always_withholding() -> None:
    labels = jnp.arange(1000) % 7
    np.testing.assert_array_equal(withheld(jax.random.key(0), labels, 0.0), labels)
    np.testing.assert_array_equal(withheld(jax.random.key(0), labels, 1.0), NONE)
