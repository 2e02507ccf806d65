"""The FID network: torch-fidelity's features with drawn weights, and how pictures are put in.

Golden values: `scripts/make_inception_golden.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from mezzotint.metrics import inception_weights
from mezzotint.metrics.features import Extractor, features
from mezzotint.metrics.inception import CLASSES, SIDE, WIDTH, Inception, InceptionFeatures, prepared
from tests.metrics.random_inception import EXTENTS, drawn, picture

EVERY = 23  # pixels of a resized picture, along each axis: one is kept


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(Path(__file__).parent / "inception.npz") as arrays:
        return dict(arrays)


def shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """What torch-fidelity's state dict holds, its names and shapes found from our network's."""
    x = jax.ShapeDtypeStruct((1, SIDE, SIDE, 3), jnp.float32)
    ours: Any = jax.eval_shape(Inception().init, jax.random.key(0), x)
    flat: dict[str, Any] = flatten_dict(ours["params"], sep=".")
    for path, leaf in flat.items():
        layer, kind = path.rsplit(".", 1)
        if kind == "kernel":
            *extent, channels, outputs = leaf.shape
            yield f"{layer}.conv.weight", (outputs, channels, *(extent or (1, 1)))
            for norm in ("weight", "bias", "running_mean", "running_var"):
                yield f"{layer}.bn.{norm}", (outputs,)
    yield "fc.weight", (CLASSES, WIDTH)


@pytest.fixture(scope="module")
def extractor() -> InceptionFeatures:
    return inception_weights.extractor({name: drawn(name, shape) for name, shape in shapes()})


def in_unit(height: int, width: int) -> np.ndarray:
    """A drawn picture as this package has it, float32 (height, width, 3) in [0, 1]."""
    return picture(height, width).astype(np.float32) / 255


def test_features_and_logits_are_torch_fidelitys(
    extractor: InceptionFeatures, golden: dict[str, np.ndarray]
) -> None:
    """To 1e-4 of their deviation, the resizing included."""
    assert isinstance(extractor, Extractor) and extractor.dimensions == WIDTH
    found = np.concatenate([features(extractor, [in_unit(*extent)], at_once=1) for extent in EXTENTS])
    logits = extractor.logits(jnp.asarray(found))
    for ours, theirs in ((found, golden["2048"]), (logits, golden["logits_unbiased"])):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * theirs.std())
        assert theirs.std(axis=0).mean() > 0.04 * theirs.std()  # or it would matter little what is put in


def test_pictures_are_resized_as_torch_fidelity_does(golden: dict[str, np.ndarray]) -> None:
    """To 1/1000 of a level of 255."""
    for extent, theirs in zip(EXTENTS, golden["resized"], strict=True):
        ours = 128 * prepared(jnp.asarray(in_unit(*extent)[None])) + 128
        np.testing.assert_allclose(ours[0, ::EVERY, ::EVERY], theirs, rtol=0, atol=1e-3)


def test_a_picture_is_put_in_as_its_file_would_be() -> None:
    """Rounded to 256 levels, clipped, and one channel spread to three; sums of float32 may differ."""
    exact = np.random.default_rng(0).integers(0, 256, (1, 9, 7, 1))
    near = (exact + np.random.default_rng(1).uniform(-0.49, 0.49, exact.shape)) / 255
    found, spread = (
        prepared(jnp.asarray(each, jnp.float32)) for each in (near, exact.repeat(3, axis=-1) / 255)
    )
    np.testing.assert_allclose(found, spread, rtol=0, atol=1e-6)
    assert np.abs(np.diff(found)).max() == 0
    beyond = prepared(jnp.array([-0.5, 1.5]).reshape(1, 1, 2, 1))
    assert beyond.min() == -1 and beyond.max() == 127 / 128


def test_at_its_own_extent_a_picture_stays() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3))
    found = prepared(jnp.asarray(levels / 255, jnp.float32))
    np.testing.assert_array_equal(128 * found + 128, levels)
