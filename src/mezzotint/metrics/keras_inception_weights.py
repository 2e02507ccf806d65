"""The weights of Keras' InceptionV3: a file of the user's, or the published one, downloaded once.

The file is HDF5, in the layout of Keras 1 and 2: its attribute `layer_names` lists groups, and the attribute
`weight_names` of each lists its arrays. The groups' names count up over whatever was made before and mean
nothing; Keras itself goes by their order, which is that of the layers' distance from the output.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from mezzotint.devices import local_mesh, whole
from mezzotint.errors import UserError
from mezzotint.metrics.folding import Norm, folded, parameters
from mezzotint.metrics.inception import shapes
from mezzotint.metrics.keras_inception import KerasInceptionFeatures
from mezzotint.metrics.published import Published

PUBLISHED = Published(
    extractor="keras-inception-75",
    url="https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    size=87_910_968,
    checksum="bcbd6486424b2319ff4ef7d526e38f63",  # Keras gives no other
    variable="MEZZOTINT_KERAS_INCEPTION",
    algorithm="MD5",
)

# The convolutions of each kind of block, the farthest from its end first.
STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
A = "3x3dbl_1 5x5_1 3x3dbl_2 1x1 5x5_2 3x3dbl_3 _pool"
B = "3x3dbl_1 3x3dbl_2 3x3 3x3dbl_3"
C = "7x7dbl_1 7x7dbl_2 7x7_1 7x7dbl_3 7x7_2 7x7dbl_4 1x1 7x7_3 7x7dbl_5 _pool"
D = "7x7x3_1 7x7x3_2 3x3_1 7x7x3_3 3x3_2 7x7x3_4"
E = "3x3dbl_1 3x3_1 3x3dbl_2 3x3_2a 3x3_2b 3x3dbl_3a 3x3dbl_3b 1x1 _pool"
BLOCKS = {"5b": A, "5c": A, "5d": A, "6a": B, "6b": C, "6c": C, "6d": C, "6e": C, "7a": D, "7b": E, "7c": E}
LISTED = (
    *STEM,
    *(f"Mixed_{block}.branch{name}" for block, names in BLOCKS.items() for name in names.split()),
)

Layer = Sequence[np.ndarray]


def load(weights: Path | None = None, verify: bool = True) -> KerasInceptionFeatures:
    """The extractor `keras-inception-75`.

    Args:
        weights: the file; None for the one that MEZZOTINT_KERAS_INCEPTION names, else for the one in the
            user's cache, which is downloaded where it is missing.
        verify: refuse another file than the published one. Otherwise its numbers have another name.

    Raises:
        UserError: the file is missing, damaged or another one, or cannot be downloaded; h5py is missing.
    """
    file = weights or PUBLISHED.located()
    marks = PUBLISHED.marks(file, verify)
    try:
        variables = {"params": assigned(layers(file))}
    except (KeyError, ValueError, OSError):
        raise UserError(
            f"{file} does not hold Keras' InceptionV3: an array is missing or has another shape: "
            f"{PUBLISHED.elsewhere()}"
        ) from None
    return KerasInceptionFeatures(jax.device_put(variables, whole(local_mesh())), **marks)


def layers(file: Path) -> list[Layer]:
    """The arrays of each layer that has any, in the file's order.

    Raises:
        UserError: h5py is not installed.
        KeyError, OSError: it is not such a file.
    """
    h5py = _h5py()
    with h5py.File(file) as stored:
        groups = [stored[name] for name in stored.attrs["layer_names"]]
        found = [[group[name][()] for name in group.attrs["weight_names"]] for group in groups]
    return [layer for layer in found if layer]


def assigned(found: Sequence[Layer]) -> dict[str, Any]:
    """The network's parameters, each BatchNorm folded into the convolution before it.

    Args:
        found: kernel (height, width, in, out) of each convolution, and beta, mean and variance of each
            BatchNorm; either in Keras' order.

    Raises:
        ValueError: they are another network's.
    """
    kernels = [layer[0] for layer in found if len(layer) == 1]
    norms = [Norm(*layer) for layer in found if len(layer) == 3]
    convolutions = (folded(*each) for each in zip(kernels, norms, strict=True))
    made = parameters(zip(LISTED, convolutions, strict=True))
    if jax.tree.map(np.shape, made) != shapes()["params"]:
        raise ValueError("an array has another shape")
    return made


def _h5py() -> Any:
    try:
        import h5py  # noqa: PLC0415  an extra
    except ImportError:
        raise UserError(
            "keras-inception-75 needs h5py, which is not installed: pip install 'mezzotint[metrics]'"
        ) from None
    return h5py
