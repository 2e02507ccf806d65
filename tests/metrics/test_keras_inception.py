"""Keras' InceptionV3 at 75 x 75: its features with drawn weights, read from a file in Keras' layout.

Golden values: `scripts/make_keras_inception_golden.py`.
"""

import sys
from pathlib import Path

import h5py
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics.features import Classifier, Extractor, features
from mezzotint.metrics.inception import WIDTH
from mezzotint.metrics.keras_inception import SIDE, KerasInceptionFeatures, prepared
from mezzotint.metrics.keras_inception_weights import PUBLISHED, load
from tests.metrics.random_inception import EXTENTS, drawn_layer, picture

EVERY = 7  # pixels of a resized picture, along each axis: one is kept

Golden = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def golden() -> Golden:
    with np.load(Path(__file__).parent / "keras_inception.npz") as arrays:
        return dict(arrays)


def write(path: Path, names: np.ndarray, shapes: np.ndarray) -> Path:
    """A file as Keras 2 wrote them: names are bytes, and those of arrays end with `:0`."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in names.tolist()]
        for name, shape in zip(names.tolist(), shapes.tolist(), strict=True):
            extent = tuple(side for side in shape if side)
            arrays = drawn_layer(name, extent) if extent else {}
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{kind}:0".encode() for kind in arrays]
            for kind, array in arrays.items():
                group[f"{name}/{kind}:0"] = array
    return path


@pytest.fixture(scope="module")
def extractor(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> KerasInceptionFeatures:
    path = tmp_path_factory.mktemp("weights") / "drawn.h5"
    return load(write(path, golden["names"], golden["shapes"]), verify=False)


def in_unit(height: int, width: int) -> np.ndarray:
    """A drawn picture as this package has it, float32 (height, width, 3) in [0, 1]."""
    return picture(height, width).astype(np.float32) / 255


def test_features_are_those_of_keras(extractor: KerasInceptionFeatures, golden: Golden) -> None:
    """To 1e-4 of their deviation, the resizing and the file's order of layers included."""
    assert isinstance(extractor, Extractor) and not isinstance(extractor, Classifier)
    assert extractor.dimensions == WIDTH and extractor.name == "keras-inception-75-unverified"
    found = np.concatenate([features(extractor, [in_unit(*extent)], at_once=1) for extent in EXTENTS])
    theirs = golden["features"]
    np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-4 * theirs.std())
    assert theirs.std(axis=0).mean() > 0.04 * theirs.std()  # or it would matter little what is put in


def test_pictures_are_resized_as_keras_does(golden: Golden) -> None:
    """To 1e-6 of the range; some were smaller, some larger."""
    for extent, theirs in zip(EXTENTS, golden["resized"], strict=True):
        ours = prepared(jnp.asarray(in_unit(*extent)[None]))
        np.testing.assert_allclose(ours[0, ::EVERY, ::EVERY], theirs, rtol=0, atol=2e-6)


def test_one_channel_is_spread_to_three() -> None:
    grey = np.random.default_rng(0).random((1, SIDE, SIDE, 1), np.float32)
    np.testing.assert_allclose(prepared(jnp.asarray(grey)), 2 * grey.repeat(3, -1) - 1, rtol=0, atol=1e-6)


def test_another_file_is_refused_unless_it_is_asked_for(golden: Golden, tmp_path: Path) -> None:
    few = write(tmp_path / "few.h5", golden["names"][:9], golden["shapes"][:9])
    with pytest.raises(UserError, match=f"few.h5 is another file.*its MD5 is .*, not {PUBLISHED.checksum}"):
        load(few)
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    for name in ("few", "text", "empty"):
        with pytest.raises(UserError, match=f"{name}.h5 does not hold Keras' InceptionV3") as caught:
            load(tmp_path / f"{name}.h5", verify=False)
        assert PUBLISHED.variable in str(caught.value) and "\n" not in str(caught.value)


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "any.h5").write_bytes(b"")
    with pytest.raises(UserError, match=r"needs h5py.*pip install 'mezzotint\[metrics\]'"):
        load(tmp_path / "any.h5", verify=False)
