"""Labels on their way from the source into the network, and what a run with classes is."""

import json
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mezzotint
from mezzotint.config import Average, Config, Optimizer, Watch
from mezzotint.core.objective import Plain
from mezzotint.core.pixels import DatasetPixels
from mezzotint.core.prediction import Image
from mezzotint.errors import UserError
from mezzotint.networks.unet import UNet
from mezzotint.training.loop import initial_state, root_keys
from mezzotint.training.prepare import plan
from mezzotint.training.step import conditioned
from mezzotint.training.validate import Validation
from tests.training.runs import digests, figures, train


def test_the_classes_are_the_sources(tiny_classes: Config) -> None:
    known = plan(tiny_classes).config
    assert (known.classes, known.label_names) == (3, ("aster", "rose", "tulip"))
    named = plan(replace(tiny_classes, classes=5, label_names=("a", "b", "c", "d", "e"))).config
    assert (named.classes, named.label_names) == (5, ("a", "b", "c", "d", "e"))


def test_labels_without_names_are_counted_to_the_greatest(tiny: Config) -> None:
    items = [(np.full((8, 8), shade, np.uint8), label) for shade, label in enumerate((0, 6, 4, 6) * 5)]
    known = plan(replace(tiny, classes=None), items).config
    assert (known.classes, known.label_names) == (7, ())


def test_a_run_without_classes_takes_no_notice_of_labels(tiny_classes: Config) -> None:
    known = plan(replace(tiny_classes, classes=0)).config
    assert (known.classes, known.label_names) == (0, ())


def test_classes_that_the_pictures_do_not_have_are_refused(tiny: Config, tiny_classes: Config) -> None:
    with pytest.raises(UserError, match="has no labels: choose a source that has.*--classes 0"):
        plan(replace(tiny, classes=None))
    with pytest.raises(UserError, match="has 3 classes, more than --classes 2"):
        plan(replace(tiny_classes, classes=2))
    with pytest.raises(UserError, match="label_names has 2 names, and there are 1 classes"):
        replace(tiny, classes=1, label_names=("a", "b"))


def test_the_network_is_told_the_label_or_that_it_is_withheld(tiny: Config) -> None:
    """Of 2,000 labels of which 0.3 are withheld; 5 standard errors are 0.05."""
    config = replace(tiny, classes=3, label_dropout=0.3)
    images, labels = jnp.zeros((2000, 1, 1, 1)), jnp.arange(2000) % 3
    told = conditioned(config, jax.random.key(0), images, labels)[1].label
    withheld = np.asarray(told[:, 3] == 1)
    assert abs(withheld.mean() - 0.3) < 0.05
    np.testing.assert_array_equal(told.argmax(1)[~withheld], labels[~withheld])
    np.testing.assert_array_equal(told.sum(1), 1)
    always = conditioned(replace(config, label_dropout=0.0), jax.random.key(0), images, labels)[1].label
    np.testing.assert_array_equal(always.argmax(1), labels)


def test_withholding_labels_leaves_all_other_draws_alone(tiny: Config) -> None:
    images = jax.random.uniform(jax.random.key(1), (8, 8, 8, 3))
    labels = jnp.arange(8) % 3
    moved = replace(tiny, augment=0.5)
    with_labels = conditioned(replace(moved, classes=3), jax.random.key(0), images, labels)
    without = conditioned(moved, jax.random.key(0), images, labels)
    np.testing.assert_array_equal(with_labels[0], without[0])
    np.testing.assert_array_equal(with_labels[1].augment, without[1].augment)
    assert without[1].label is None


def test_a_run_with_classes_resumes_to_the_byte(tiny_classes: Config, tmp_path: Path) -> None:
    """With the pictures on the device; `test_feed.py` holds the host's labels against those."""
    config = replace(tiny_classes, loader="device", optimizer=Optimizer(accumulate=2))
    train(replace(config, steps=12), tmp_path / "straight")
    for steps in (5, 12):
        train(replace(config, steps=steps), tmp_path / "stopped")
    assert digests(config, tmp_path / "stopped") == digests(config, tmp_path / "straight")
    straight, stopped = (
        [line for line in figures(tmp_path / name) if json.loads(line)["kind"] == "train"]
        for name in ("straight", "stopped")
    )
    assert stopped == straight and len(straight) == 4


def test_validation_is_told_every_label(tiny_classes: Config) -> None:
    """Another null label changes nothing, another label of a class does."""
    the_plan, keys = plan(replace(tiny_classes, label_dropout=1.0)), root_keys(0)
    state = initial_state(the_plan, keys)
    averages = jax.tree.map(lambda a: a + 0.05, state.averages)
    validation = Validation(the_plan, keys.validation)

    def loss(column: int) -> float:
        kernel = averages["params"]["condition"]["label"]["kernel"]
        changed = {"label": {"kernel": kernel.at[column, 0].add(1.0)}}
        return validation.loss(
            state.replace(averages={**averages, "params": {**averages["params"], "condition": changed}})
        )

    assert loss(3) == validation.loss(state.replace(averages=averages)) != loss(0)


def test_a_run_that_is_asked_for_a_class_makes_its_pictures(tmp_path: Path) -> None:
    """Dark and light grain, 60 and 190 of 255 on average: each class's picture is within 0.03 of its own."""
    random = np.random.default_rng(0)
    grain = random.integers(-20, 20, (64, 8, 8))
    pictures = [
        (np.uint8((60, 190)[label] + each), label) for label, each in zip([0, 1] * 32, grain, strict=True)
    ]
    config = Config(
        image_size=(8, 8),
        steps=300,
        batch_size=16,
        classes=None,
        network=UNet(widths=(16,), depth=1, patch=4, embedding=8, heads=1),
        prediction=Image(),
        pixels=DatasetPixels(),
        objective=Plain(),
        optimizer=Optimizer(learning_rate=1e-2, decay="cosine"),
        average=Average(decay=0.9),
        watch=Watch(log=0, validate=0, sample=0, checkpoint=0),
        sampling_steps=4,
    )
    out = mezzotint.train(config, tmp_path / "run", data=pictures)
    model = mezzotint.load(out)
    found = model.sample(8, labels=[0, 1] * 4).mean((1, 2, 3))
    np.testing.assert_allclose(found, [60 / 255, 190 / 255] * 4, atol=0.03)
