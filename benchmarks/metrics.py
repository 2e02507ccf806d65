"""Features per second beside PyTorch's networks, the time of FID's matrix part, and memory.

    python benchmarks/metrics.py --torch PYTHON [--pictures 32] [--rounds 9] [--streamed 500]

PYTHON is an interpreter with torch, torch-fidelity and efficientnet-lite-pytorch (both by `pip install
--no-deps`); torchvision, which torch-fidelity imports, is not used and may be missing. Weights are random:
they cost as much. Every contender has a process of its own, warmed up before the clock runs; they take turns,
round by round, and what counts is the median of the rounds' ratios. Pictures are 64x64 and in colour, and
resizing them is part of the work.

Memory is the peak of a process of its own (VmHWM, Linux) that makes pictures one by one, and from them
features, FID and KID: of as many as asked, and of four times as many, after a first one that compiles.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, patch

import numpy as np

SIDE = 64
BATCH = 16  # of PyTorch's; Mezzotint takes what suits its device
DIMENSIONS = 2048
FEWEST = 8  # pictures from which an interval can be made
NETWORKS = ("efficientnet-lite0", "inception")

Work = Callable[[np.ndarray], Any]


def ours(network: str) -> Work:
    """Mezzotint's features."""
    from mezzotint import runtime  # noqa: PLC0415

    runtime.prepare()
    import jax  # noqa: PLC0415
    import jax.numpy as jnp  # noqa: PLC0415

    from mezzotint.metrics import efficientnet_weights, inception  # noqa: PLC0415
    from mezzotint.metrics.features import features  # noqa: PLC0415

    if network == "efficientnet-lite0":
        extractor = efficientnet_weights.load()
    else:
        pixels = jnp.zeros((1, inception.SIDE, inception.SIDE, 3))
        variables = jax.jit(inception.Inception().init)(jax.random.key(0), pixels)
        extractor = inception.InceptionFeatures(variables, jnp.zeros((inception.WIDTH, inception.CLASSES)))
    return lambda pictures: features(extractor, pictures / np.float32(255))


def torchs(network: str) -> Work:
    """PyTorch's features, as the packages compute them."""
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    make = {"efficientnet-lite0": torch_efficientnet, "inception": torch_inception}[network]()

    def work(pictures: np.ndarray) -> None:
        with torch.inference_mode():
            for start in range(0, len(pictures), BATCH):
                make(torch.from_numpy(pictures[start : start + BATCH].transpose(0, 3, 1, 2).copy()))

    return work


def torch_efficientnet() -> Callable[[Any], Any]:
    """efficientnet-lite-pytorch's, resized by torch's antialiased cubic filter."""
    from efficientnet_lite_pytorch import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        EfficientNet,
    )
    from torch.nn import functional  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    network = EfficientNet.from_name("efficientnet-lite0").eval()

    def features(pixels: Any) -> Any:
        large = functional.interpolate(pixels.float(), (224, 224), mode="bicubic", antialias=True)
        return network.extract_features((large.clamp(0, 255) - 127) / 128).mean((2, 3))

    return features


def torch_inception() -> Callable[[Any], Any]:
    """torch-fidelity's, its resizing included."""
    for name in ("torchvision", "torchvision.datasets", "torchvision.transforms.functional"):
        sys.modules.setdefault(name, MagicMock())
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch_fidelity import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        feature_extractor_inceptionv3 as inception,
    )

    with (
        patch.object(inception, "load_state_dict_from_url"),
        patch.object(torch.nn.Module, "load_state_dict"),
    ):
        return inception.FeatureExtractorInceptionV3("inception", ["2048"]).eval()


def serve(engine: str, network: str, count: int) -> None:
    """In a process of its own: makes and warms up, then does the work whenever a line comes, and times it."""
    work = {"mezzotint": ours, "torch": torchs}[engine](network)
    pictures = np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)
    work(pictures)
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        work(pictures)
        print(time.perf_counter() - began, flush=True)


class Contender:
    """A process that serves."""

    def __init__(self, python: str, engine: str, network: str, count: int) -> None:
        """Waits until it is warm."""
        words = [python, __file__, "--serve", engine, network, "--pictures", str(count)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._answer() == "ready"

    def seconds(self) -> float:
        """Of one round."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def compared(network: str, python: str, count: int, rounds: int) -> str:
    """A row: both speeds, and the median of the rounds' ratios."""
    contenders = [
        Contender(sys.executable, "mezzotint", network, count),
        Contender(python, "torch", network, count),
    ]
    seconds = [[each.seconds() for each in contenders] for _ in range(rounds)]
    for each in contenders:
        each.close()
    speeds = [count / statistics.median(column) for column in zip(*seconds, strict=True)]
    ratio = statistics.median(theirs / own for own, theirs in seconds)
    return f"{network}: {speeds[0]:.1f} pictures/s, PyTorch {speeds[1]:.1f}, ratio {ratio:.2f}"


def matrix_part(rounds: int = 3) -> str:
    """FID from two Gaussians of 2,048 features, of 5,000 pictures each."""
    from mezzotint.metrics.frechet import frechet, gaussian  # noqa: PLC0415

    generator = np.random.default_rng(0)
    both = [gaussian(generator.normal(size=(5000, DIMENSIONS))) for _ in range(2)]
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        frechet(*both)
        seconds.append(time.perf_counter() - began)
    return f"FID's matrix part, {DIMENSIONS:,} features: {statistics.median(seconds):.2f} s"


def stream(count: int) -> None:
    """In a process of its own: features of pictures made on the way, FID and KID; prints the peak in MiB."""
    from mezzotint import runtime  # noqa: PLC0415

    runtime.prepare()
    from mezzotint.metrics import efficientnet_weights  # noqa: PLC0415
    from mezzotint.metrics.features import features  # noqa: PLC0415
    from mezzotint.metrics.frechet import frechet_with_interval  # noqa: PLC0415
    from mezzotint.metrics.kernel import kid  # noqa: PLC0415

    generator = np.random.default_rng(0)
    pictures = (generator.random((SIDE, SIDE, 3), np.float32) for _ in range(count))
    found = features(efficientnet_weights.load(), pictures)
    frechet_with_interval(found, found[: count // 2])
    kid(found, found[: count // 2])
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def memory(count: int) -> str:
    """The peaks, and what each further picture adds."""
    counts = (FEWEST, count, 4 * count)
    words = [sys.executable, __file__, "--stream", "--streamed"]
    _, low, high = (float(subprocess.check_output([*words, str(each)], text=True)) for each in counts)
    more = (high - low) * 1024 / (3 * count)
    return (
        f"features, FID and KID of {count:,} pictures: {low:.0f} MiB; of {4 * count:,}: {high:.0f} MiB; "
        f"{more:.1f} KiB a further picture, of which its features are 5, and its pixels would be 48"
    )


def main() -> None:
    """Prints a row for each network, FID's, and memory's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", help="an interpreter with PyTorch and the peers")
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--streamed", type=int, default=500, help="pictures whose memory is measured")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--stream", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        engine, network = options.serve
        serve(engine, network, options.pictures)
        return
    if options.stream:
        stream(options.streamed)
        return
    print(matrix_part(), flush=True)
    print(memory(options.streamed), flush=True)
    for network in NETWORKS if options.torch else ():
        print(compared(network, options.torch, options.pictures, options.rounds), flush=True)


if __name__ == "__main__":
    main()
