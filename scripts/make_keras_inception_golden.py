"""Make `tests/metrics/keras_inception.npz`: what Keras' InceptionV3 makes of some pictures at 75 x 75.

    pip install tensorflow-cpu==2.21.0 keras==3.15.1
    PYTHONPATH=. python scripts/make_keras_inception_golden.py

The encoder is built as the Keras DDIM example builds it. The weights and the pictures are those that
`tests/metrics/random_inception.py` draws, a layer's by its name. The names come in the order of a file that
Keras writes in its HDF5 layout. The tests need neither package.
"""

import os
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tests.metrics.random_inception import EXTENTS, drawn_layer, picture

os.environ["KERAS_BACKEND"] = "tensorflow"

TARGET = Path(__file__).parents[1] / "tests/metrics/keras_inception.npz"
SIDE = 75
EVERY = 7  # pixels of a resized picture, along each axis: one is kept


def network() -> Any:
    """Keras' network with drawn weights."""
    import keras  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    made = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3))  # pyright: ignore[reportArgumentType]
    for layer in made.layers:
        if layer.weights:
            arrays = drawn_layer(layer.name, tuple(layer.weights[-1].shape))
            layer.set_weights([arrays[weight.name] for weight in layer.weights])
    return made


def written(made: Any) -> tuple[list[str], np.ndarray]:
    """The names of all layers as a file has them, and each one's shape: a kernel's, a vector's, or none."""
    import h5py  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from keras.src.legacy.saving import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        legacy_h5_format,
    )

    with TemporaryDirectory() as folder, h5py.File(f"{folder}/weights.h5", "w") as opened:
        file: Any = opened
        legacy_h5_format.save_weights_to_hdf5_group(file, made)
        names = list(file.attrs["layer_names"])
        shapes = np.zeros((len(names), 4), np.int16)
        for row, name in zip(shapes, names, strict=True):
            for weight in file[name].attrs["weight_names"]:
                extent = file[name][weight].shape
                row[: len(extent)] = extent
    return names, shapes


def outputs(made: Any, height: int, width: int) -> dict[str, np.ndarray]:
    """Some pixels of a resized picture, from -1 to 1, and the encoder's features."""
    import keras  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    steps = (
        keras.layers.Rescaling(255.0),
        keras.layers.Resizing(SIDE, SIDE),
        keras.layers.Lambda(keras.applications.inception_v3.preprocess_input),
    )
    x = picture(height, width).astype(np.float32)[None] / 255
    for step in steps:
        x = step(x)
    features = keras.layers.GlobalAveragePooling2D()(made(x, training=False))
    return {"resized": np.asarray(x)[0, ::EVERY, ::EVERY], "features": np.asarray(features)[0]}


def main() -> None:
    """Writes the outputs, a picture a row, the layers and the versions."""
    made = network()
    names, shapes = written(made)
    found = [outputs(made, *extent) for extent in EXTENTS]
    arrays: Any = {key: np.stack([each[key] for each in found]) for key in found[0]}
    made_by = ", ".join(f"{package} {version(package)}" for package in ("keras", "tensorflow-cpu", "numpy"))
    np.savez_compressed(TARGET, **arrays, names=names, shapes=shapes, made_by=np.array(made_by))
    spread = arrays["features"].std(axis=0).mean() / arrays["features"].mean()
    print(
        f"{TARGET}, {TARGET.stat().st_size:,} bytes, {made_by}; pictures differ by {spread:.2f} of the mean"
    )


if __name__ == "__main__":
    main()
