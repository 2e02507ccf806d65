"""Make `tests/metrics/distances.npz`: what torch-fidelity makes of some features.

    pip install torch==2.13.0 torchvision==0.28.0 torch-fidelity==0.4.0
    python scripts/make_metrics_golden.py

The tests need none of these. The features are positive and correlated, as those of a network are; `few` are
fewer than their dimensions, so that their covariance is singular.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).parents[1] / "tests/metrics/distances.npz"
DIMENSIONS = 24
SUBSETS, SIZE = 10, 50


def drawn(count: int, shift: float, seed: int) -> np.ndarray:
    """Float32 (count, 24)."""
    random = np.random.default_rng(seed)
    mixed = random.standard_normal((count, 8)) @ np.random.default_rng(0).standard_normal((8, DIMENSIONS))
    noisy = mixed + 0.3 * random.standard_normal((count, DIMENSIONS)) + shift
    return np.clip(noisy, 0, 6).astype(np.float32)


def kernel_distance(first: np.ndarray, second: np.ndarray, subsets: int, size: int) -> tuple[float, float]:
    """Mean and deviation of torch-fidelity's KID, from float64."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch_fidelity import metric_kid as kid  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    x, y = (torch.from_numpy(each.astype(np.float64)) for each in (first, second))
    options: Any = {"kid_subsets": subsets, "kid_subset_size": size, "verbose": False}
    found = kid.kid_features_to_metric(x, y, **options)
    return found[kid.KEY_METRIC_KID_MEAN], found[kid.KEY_METRIC_KID_STD]


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """torch-fidelity's FID, from float64."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch_fidelity import metric_fid as fid  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    tensors = (torch.from_numpy(each.astype(np.float64)) for each in (first, second))
    x, y = (fid.fid_features_to_statistics(each) for each in tensors)
    return fid.fid_statistics_to_metric(x, y, verbose=False)[fid.KEY_METRIC_FID]


def main() -> None:
    """Writes the features, torch-fidelity's distances and its version."""
    first, second, few = drawn(120, 0.0, 1), drawn(120, 0.5, 2), drawn(15, 0.5, 3)
    golden = {
        "kid": kernel_distance(first, second, 1, len(first))[0],
        "kid_of_subsets": kernel_distance(first, second, SUBSETS, SIZE),
        "fid": frechet_distance(first, second),
        "fid_few": frechet_distance(first, few),
        "made_by": f"torch-fidelity {version('torch-fidelity')}, torch {version('torch')}",
    }
    arrays: Any = {name: np.array(value) for name, value in golden.items()}
    np.savez_compressed(TARGET, first=first, second=second, few=few, **arrays)
    print(f"{TARGET}, {TARGET.stat().st_size:,} bytes: {golden}")


if __name__ == "__main__":
    main()
