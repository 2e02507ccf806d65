"""Pictures of a class: by name or number, the same whatever the batch, and what is refused."""

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.model import Guidance, in_turn
from mezzotint.model.choose import chosen

from .conditional import model

CONFIG = model().config
LABELS = [0, 2, None, 1, 2, -1, 0, 1]


def test_names_and_numbers_are_the_same_classes() -> None:
    assert chosen(CONFIG, "rose", 3).tolist() == [1, 1, 1]
    assert chosen(CONFIG, 2, 2).tolist() == chosen(CONFIG, np.int64(2), 2).tolist() == [2, 2]
    assert chosen(CONFIG, None, 2).tolist() == chosen(CONFIG, -1, 2).tolist() == [-1, -1]
    assert chosen(CONFIG, ["tulip", 0, "1", None, -1], 5).tolist() == [2, 0, 1, -1, -1]
    assert chosen(CONFIG, np.array([2, 0]), 2).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("rosse", "there is no class 'rosse'; did you mean rose?"),
        ("oak", "there is no class 'oak'; there are: aster, rose, tulip"),
        (3, "there is no class 3: they go from 0 to 2"),
        ("3", "there is no class '3': they go from 0 to 2"),
        (-2, "there is no class -2: they go from 0 to 2"),
        (["rose", "tulip"], "4 pictures need 4 labels, one each, or one for all; not 2"),
    ],
)
def test_unknown_classes_are_named(labels: object, said: str) -> None:
    with pytest.raises(UserError) as error:
        model().sample(4, labels=labels)  # type: ignore[arg-type]
    assert str(error.value) == said


def test_a_model_without_classes_has_none() -> None:
    with pytest.raises(UserError, match="there is no class 'rose': this model was trained without classes"):
        model(classes=0).sample(1, labels="rose")
    assert model(classes=0).sample(1, labels=None).shape == (1, 4, 4, 3)


def test_classes_come_in_turn() -> None:
    assert in_turn(range(3), 7) == [0, 1, 2, 0, 1, 2, 0]
    assert in_turn([2, 0], 3) == [2, 0, 2]
    assert in_turn(range(0), 3) is None


@pytest.mark.parametrize("guidance", [Guidance(), Guidance(scale=3.0)], ids=["alone", "guided"])
def test_a_picture_is_a_function_of_its_key_and_label_whatever_the_batch(guidance: Guidance) -> None:
    whole = model().sample(8, seed=3, labels=LABELS, guidance=guidance)
    parts = model().sample(8, seed=3, labels=LABELS, guidance=guidance, batch_size=3)
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    last = model().sample(3, seed=3, labels=LABELS[5:], guidance=guidance, first=5)
    np.testing.assert_allclose(last, whole[5:], atol=1e-5)
    others = model().sample(8, seed=3, labels=[1, 0, 0, 2, 1, 0, 1, 2], guidance=guidance)
    assert (np.abs(others - whole).max((1, 2, 3)) > 0.01).all()


def test_a_trajectory_ends_in_the_pictures_of_its_labels() -> None:
    _, estimates = model().trajectory(3, steps=4, labels=[0, 1, 2], guidance=Guidance(scale=2.0))
    expected = model().sample(3, steps=4, labels=[0, 1, 2], guidance=Guidance(scale=2.0))
    np.testing.assert_allclose(estimates[-1], expected, atol=1e-6)
