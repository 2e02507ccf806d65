"""The weights of the FID network: a file of the user's, or the standard one, downloaded once.

The file is torch-fidelity's; pytorch-fid gives out the same under another name. Both were made from
TensorFlow's graph, whose licence is Apache-2.0.
"""

import hashlib
import os
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import jax
import jax.numpy as jnp
from flax.traverse_util import unflatten_dict
from platformdirs import user_cache_path

from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.metrics import torch_file
from mezzotint.metrics.folding import Tensors, folded
from mezzotint.metrics.inception import CLASSES, SIDE, WIDTH, Inception, InceptionFeatures

VARIABLE = "MEZZOTINT_INCEPTION"
FILE = "weights-inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
SIZE = 95_628_359  # bytes
PATIENCE = 30  # seconds without an answer
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
    file = weights or located()
    found = _checksum(file)
    if found == SHA256:
        return _extractor(file)
    if verify:
        raise UserError(f"{file} is another file, or damaged: {_unlike(found)}: replace it by {URL}")
    return _extractor(file, name="inception-unverified", version=f"1-{found[:8]}")


def located() -> Path:
    """The file that the environment names, or the one in the cache, downloaded if need be."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    kept = cached()
    if not kept.exists():
        download(kept)
    return kept


def cached() -> Path:
    """Where the downloaded file is kept."""
    return user_cache_path("mezzotint") / "weights" / FILE


def download(target: Path) -> None:
    """Fetches the standard file; it is in its place only when its checksum is right.

    Raises:
        UserError: there is no network, the file that comes is another one, or the disk does not take it.
    """
    content = _fetched(target)
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise UserError(f"what came from {URL} is damaged: {_unlike(found)}: try again")
    try:
        write_whole(target, content)
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror}): {_elsewhere()}") from None


def parameters(tensors: Tensors) -> dict[str, Any]:
    """The network's parameters, each BatchNorm folded into the convolution before it.

    Args:
        tensors: by the names of torch-fidelity and pytorch-fid.

    Raises:
        KeyError: a convolution has no BatchNorm.
    """
    flat = {}
    for name in tensors:
        if name.endswith(CONVOLUTION):
            layer = name.removesuffix(CONVOLUTION)
            kernel, bias = folded(tensors, f"{layer}.conv", f"{layer}.bn")
            flat[*layer.split("."), "kernel"] = kernel[0, 0] if kernel.shape[:2] == (1, 1) else kernel
            flat[*layer.split("."), "bias"] = bias
    return unflatten_dict(flat)


def extractor(tensors: Tensors, **marks: str) -> InceptionFeatures:
    """The extractor with the weights of a file.

    Args:
        tensors: by the names of torch-fidelity and pytorch-fid.
        **marks: the extractor's name and version, where they are not the standard ones.

    Raises:
        KeyError, ValueError: they are another network's.
    """
    variables = {"params": parameters(tensors)}
    classes = tensors["fc.weight"].T
    if classes.shape != (WIDTH, CLASSES) or jax.tree.map(jnp.shape, variables) != _shapes():
        raise ValueError("a tensor has another shape, or there is one too many")
    on_device = jax.tree.map(jnp.asarray, variables)
    return InceptionFeatures(on_device, jnp.asarray(classes), **marks)


def _extractor(file: Path, **marks: str) -> InceptionFeatures:
    try:
        return extractor(torch_file.read(file), **marks)
    except (KeyError, ValueError):
        raise UserError(
            f"{file} does not hold the FID network: a tensor is missing or has another shape: {_elsewhere()}"
        ) from None


def _shapes() -> Any:
    x = jax.ShapeDtypeStruct((1, SIDE, SIDE, 3), jnp.float32)
    return jax.tree.map(jnp.shape, jax.eval_shape(Inception().init, jax.random.key(0), x))


def _fetched(target: Path) -> bytes:
    try:
        with urlopen(URL, timeout=PATIENCE) as answer:
            return answer.read(SIZE + 1)
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise UserError(
            f"inception needs {URL}, which cannot be downloaded ({reason}): put it in {target.parent}, or "
            f"name it in {VARIABLE}; efficientnet-lite0 works without a network"
        ) from None


def _checksum(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}): {_elsewhere()}") from None


def _unlike(found: str) -> str:
    return f"its SHA-256 is {found}, not {SHA256}"


def _elsewhere() -> str:
    return f"fetch {URL}, and name it in {VARIABLE}"
