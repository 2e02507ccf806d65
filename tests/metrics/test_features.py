"""Streaming: order, one program for every batch, no more pictures at once than a batch; and two devices."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.errors import UserError
from mezzotint.metrics.features import Extractor, features

ON_TWO = """
import json
from dataclasses import replace
import jax, numpy as np
from mezzotint.devices import cut, local_mesh
from mezzotint.metrics import efficientnet_weights
from mezzotint.metrics.features import features
extractor = efficientnet_weights.load()
pictures = np.random.default_rng(0).random((6, 32, 32, 3), np.float32)
found = features(extractor, pictures, at_once=2)
first = jax.devices()[0]
alone = replace(extractor, variables=jax.device_put(extractor.variables, first))
expected = np.concatenate([alone(jax.device_put(pictures[i : i + 2], first)) for i in (0, 2, 4)])
batch = extractor(jax.device_put(pictures[:4], cut(local_mesh())))
print(json.dumps({
    "devices": jax.device_count(),
    "shards": [shard.data.shape[0] for shard in batch.addressable_shards],
    "apart": float(np.abs(found - expected).max() / expected.std()),
}))
"""


@dataclass(frozen=True)
class Means:
    """Mean and maximum of each picture; it notes the shapes that it was given."""

    seen: list[tuple[int, ...]] = field(default_factory=list)
    name: str = "means"
    version: str = "1"
    dimensions: int = 2

    def __call__(self, images: Array) -> Array:
        self.seen.append(images.shape)
        return jnp.stack([images.mean((1, 2, 3)), images.max((1, 2, 3))], axis=-1)


@pytest.mark.parametrize("count", [1, 4, 9])
def test_the_order_is_kept_and_one_program_serves_all(count: int) -> None:
    extractor = Means()
    assert isinstance(extractor, Extractor)
    pictures = np.random.default_rng(0).random((count, 3, 5, 1)).astype(np.float32)
    found = features(extractor, pictures, at_once=4)
    assert found.shape == (count, 2) and found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0], pictures.mean((1, 2, 3)), rtol=1e-6)
    np.testing.assert_array_equal(found[:, 1], pictures.max((1, 2, 3)))
    assert set(extractor.seen) == {(4, 3, 5, 1)}


def test_pictures_are_taken_a_batch_at_a_time() -> None:
    extractor, ahead = Means(), []

    def endless() -> Iterator[np.ndarray]:
        for index in range(20):
            ahead.append(index - 4 * len(extractor.seen))
            yield np.zeros((2, 2, 3), np.float32)

    assert len(features(extractor, endless(), at_once=4)) == 20
    assert max(ahead) < 4


def test_no_pictures_have_no_features() -> None:
    assert features(Means(), []).shape == (0, 2)


def test_pictures_of_two_shapes() -> None:
    pictures = [np.zeros((2, 2, 3), np.float32)] * 5 + [np.zeros((2, 3, 3), np.float32)]
    with pytest.raises(UserError, match=r"picture 5 has the shape \(2, 3, 3\)"):
        features(Means(), iter(pictures), at_once=4)  # in a list, the shapes' checker may see it first


def test_two_devices_share_the_work_and_the_features_are_those_of_one() -> None:
    """Two pictures each at a time, the last batch filled."""
    flags = "--xla_force_host_platform_device_count=2"
    result = subprocess.run(
        [sys.executable, "-c", ON_TWO],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(result.stdout)
    assert found["devices"] == 2 and found["shards"] == [2, 2] and found["apart"] < 1e-6
