"""What all tests share: a small folder of pictures, a tiny configuration, a compilation cache."""

import os
import shutil
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import install_import_hook
from PIL import Image

# JAX reads these when it is imported. One cache serves the tests, on however many processes they run, and the
# processes that they start; who made it removes it.
SHARED = "MEZZOTINT_TESTS_CACHE"
MADE_HERE = SHARED not in os.environ
CACHE = os.environ.setdefault(SHARED, "") or tempfile.mkdtemp(prefix="mezzotint-tests-")
os.environ.update(
    {SHARED: CACHE},
    JAX_PLATFORMS="cpu",
    JAX_COMPILATION_CACHE_DIR=CACHE,
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
)

# Nearly every program here runs once or twice, and compiling it takes the time: without most optimisations it
# takes half. What users get is tested in test_runtime.py.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
if version("jaxlib").startswith("0.10."):  # XLA ends the process for a flag that it does not know
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")

import tests.checker  # noqa: E402  loaded before anything that it checks

# Every function of these rooms is called with its shapes checked against each other.
CHECKED = ("core", "sampling", "guidance", "editing", "networks", "metrics", "pictures")
install_import_hook([f"mezzotint.{room}" for room in CHECKED], f"{tests.checker.__name__}.check")

from mezzotint.config import Average, Config, Optimizer, Watch  # noqa: E402
from mezzotint.networks.article_unet import ArticleUNet  # noqa: E402


def pytest_unconfigure() -> None:
    """Removes the cache."""
    if MADE_HERE:
        shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 60 colour PNGs of 12x12, each a soft gradient in a random colour."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    ramp = np.linspace(0.2, 1.0, 12)[:, None, None] * np.ones((12, 12, 1))
    for index in range(60):
        picture = (255 * ramp * random.uniform(0.2, 1.0, 3)).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture(scope="session")
def classes(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures in a folder for each of three classes."""
    folder = tmp_path_factory.mktemp("classes")
    for name in ("aster", "rose", "tulip"):
        (folder / name).mkdir()
    for index, picture in enumerate(sorted(pictures.iterdir())):
        shutil.copy(picture, folder / ("aster", "rose", "tulip")[index % 3] / picture.name)
    return folder


@pytest.fixture
def tiny(pictures: Path) -> Config:
    """A configuration that trains a step in milliseconds, BatchNorm included."""
    return Config(
        data=f"folder:{pictures}",
        image_size=(8, 8),
        steps=8,
        batch_size=8,
        flip=True,
        network=ArticleUNet(widths=(8, 16), depth=1, stem=8, embedding=8),
        optimizer=Optimizer(learning_rate=1e-3),
        average=Average(),
        watch=Watch(log=3, validate=4, sample=0, sample_count=4, checkpoint=4, validation_images=8),
        sampling_steps=3,
    )


@pytest.fixture
def tiny_classes(tiny: Config, classes: Path) -> Config:
    """The same with a network that is told the class of each picture."""
    return replace(tiny, data=f"folder:{classes}?labels=folders", classes=None, label_dropout=0.3)


@pytest.fixture
def tiny_plain(tiny: Config) -> Config:
    """The same, never looked at."""
    return replace(tiny, watch=Watch(log=1, validate=0, sample=0, checkpoint=0))
