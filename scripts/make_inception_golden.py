"""Make `tests/metrics/inception.npz`: what torch-fidelity's Inception makes of some pictures.

    pip install torch==2.13.0 torch-fidelity==0.4.0
    PYTHONPATH=. python scripts/make_inception_golden.py

The weights and the pictures are those that `tests/metrics/random_inception.py` draws. torch-fidelity's
Inception Score of some logits is there as well. The tests need neither package; of torchvision, which
torch-fidelity imports, nothing is used here, and it may be missing.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, patch

import numpy as np
from tests.metrics.random_inception import EXTENTS, drawn, picture, scores

TARGET = Path(__file__).parents[1] / "tests/metrics/inception.npz"
LAYERS = ("2048", "logits_unbiased")
EVERY = 23  # pixels of a resized picture, along each axis: one is kept
TORCHVISION = ("torchvision", "torchvision.datasets", "torchvision.transforms.functional")


def network() -> Any:
    """torch-fidelity's network with drawn weights."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch_fidelity import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        feature_extractor_inceptionv3 as inception,
    )

    with (
        patch.object(inception, "load_state_dict_from_url"),
        patch.object(torch.nn.Module, "load_state_dict"),
    ):
        made = inception.FeatureExtractorInceptionV3("inception", list(LAYERS))
    floats = {name: tensor for name, tensor in made.state_dict().items() if tensor.is_floating_point()}
    tensors = {name: torch.from_numpy(drawn(name, tuple(tensor.shape))) for name, tensor in floats.items()}
    missing, unexpected = made.load_state_dict(tensors, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
    return made


def features(made: Any, height: int, width: int) -> dict[str, np.ndarray]:
    """Some pixels of a resized picture, from 0 to 255, and the network's outputs."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch_fidelity import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        interpolate_compat_tensorflow as tensorflow,
    )

    pixels = torch.from_numpy(picture(height, width).transpose(2, 0, 1)[None])
    resize = tensorflow.interpolate_bilinear_2d_like_tensorflow1x
    resized = resize(pixels.float(), size=(299, 299), align_corners=False)
    outputs = (each[0].numpy() for each in made(pixels))
    some = resized[0, :, ::EVERY, ::EVERY].numpy().transpose(1, 2, 0)
    return {"resized": some, **dict(zip(LAYERS, outputs, strict=True))}


def inception_score() -> tuple[float, float]:
    """Mean and deviation over 10 splits."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch_fidelity import metric_isc as isc  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    found = isc.isc_features_to_metric(torch.from_numpy(scores()))
    return found[isc.KEY_METRIC_ISC_MEAN], found[isc.KEY_METRIC_ISC_STD]


def main() -> None:
    """Writes the outputs, a picture a row, and the versions."""
    for name in TORCHVISION:
        sys.modules.setdefault(name, MagicMock())
    made = network()
    found = [features(made, *extent) for extent in EXTENTS]
    arrays: Any = {key: np.stack([each[key] for each in found]) for key in found[0]}
    made_by = ", ".join(f"{package} {version(package)}" for package in ("torch-fidelity", "torch", "numpy"))
    np.savez_compressed(TARGET, **arrays, score=np.array(inception_score()), made_by=np.array(made_by))
    spread = arrays["2048"].std(axis=0).mean() / arrays["2048"].mean()
    print(
        f"{TARGET}, {TARGET.stat().st_size:,} bytes, {made_by}; pictures differ by {spread:.2f} of the mean"
    )


if __name__ == "__main__":
    main()
