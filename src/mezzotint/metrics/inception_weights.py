"""The weights of the FID network: a file of the user's, or the standard one, downloaded once.

The file is torch-fidelity's; pytorch-fid gives out the same under another name. Both were made from
TensorFlow's graph, whose licence is Apache-2.0.
"""

from pathlib import Path

import jax
import numpy as np

from mezzotint.devices import local_mesh, whole
from mezzotint.errors import UserError
from mezzotint.metrics import torch_file
from mezzotint.metrics.folding import Tensors, of_torch, parameters
from mezzotint.metrics.inception import CLASSES, WIDTH, InceptionFeatures, shapes
from mezzotint.metrics.published import Published

PUBLISHED = Published(
    extractor="inception",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    size=95_628_359,
    checksum="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    variable="MEZZOTINT_INCEPTION",
)
CONVOLUTION = ".conv.weight"  # ends the name of a kernel


def load(weights: Path | None = None, verify: bool = True) -> InceptionFeatures:
    """The extractor `inception`.

    Args:
        weights: the file; None for the one that MEZZOTINT_INCEPTION names, else for the one in the user's
            cache, which is downloaded where it is missing.
        verify: refuse another file than the standard one. Otherwise its numbers have another name.

    Raises:
        UserError: the file is missing, damaged or another one, or cannot be downloaded.
    """
    file = weights or PUBLISHED.located()
    marks = PUBLISHED.marks(file, verify)
    try:
        return extractor(torch_file.read(file), **marks)
    except (KeyError, ValueError):
        raise UserError(
            f"{file} does not hold the FID network: a tensor is missing or has another shape: "
            f"{PUBLISHED.elsewhere()}"
        ) from None


def extractor(tensors: Tensors, **marks: str) -> InceptionFeatures:
    """The extractor with the weights of a file.

    Args:
        tensors: by the names of torch-fidelity and pytorch-fid.
        **marks: the extractor's name and version, where they are not the standard ones.

    Raises:
        KeyError, ValueError: they are another network's.
    """
    layers = [name.removesuffix(CONVOLUTION) for name in tensors if name.endswith(CONVOLUTION)]
    convolutions = ((layer, of_torch(tensors, f"{layer}.conv", f"{layer}.bn")) for layer in layers)
    variables = {"params": parameters(convolutions)}
    classes = tensors["fc.weight"].T
    if classes.shape != (WIDTH, CLASSES) or jax.tree.map(np.shape, variables) != shapes():
        raise ValueError("a tensor has another shape, or there is one too many")
    return InceptionFeatures(*jax.device_put((variables, classes), whole(local_mesh())), **marks)
