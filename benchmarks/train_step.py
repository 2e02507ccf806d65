"""Images per second of the training step, beside the same step written bare, in one run.

    python benchmarks/train_step.py [--rounds 15] [--batch-size 16] [--image-size 64]

The bare step is the article's training step as one would write it in a notebook: the same network, no
Mezzotint around it. Both run in turn, round by round, so that a noisy machine slows both; what counts is
the median of the rounds' ratios.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from mezzotint import runtime
from mezzotint.core.pixels import PixelStatistics
from mezzotint.devices import cut, whole
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.recipes import recipe
from mezzotint.training.loop import root_keys
from mezzotint.training.sharding import jit_step, mesh_over
from mezzotint.training.state import create
from mezzotint.training.step import train_step

Step = Callable[[], None]


def ours(images: np.ndarray) -> Step:
    """Mezzotint's own training step, compiled as training compiles it."""
    config = replace(recipe("flowers-article"), image_size=images.shape[1:3], channels=3, steps=1000)
    mesh, keys = mesh_over(jax.devices()), root_keys(0)
    dataset = PixelStatistics(jnp.zeros(3), jnp.ones(3))
    make = jax.jit(lambda key: create(config, 1000, dataset, key), out_shardings=whole(mesh))
    box = [make(keys.init)]
    labels = np.zeros(len(images), np.int32)
    step = jit_step(mesh, train_step(config, keys.training), box[0], cut(mesh), cut(mesh))
    compiled = step.lower(box[0], images, labels).compile()

    def run() -> None:
        box[0], metrics = compiled(box[0], images, labels)
        jax.block_until_ready(metrics)

    return run


def bare(images: np.ndarray) -> Step:
    """The same step without Mezzotint around it: network, BatchNorm on pixels, AdamW, EMA."""
    network = ArticleUNet()
    normalise = nn.BatchNorm(use_scale=False, use_bias=False)
    optimizer = optax.adamw(1e-3, weight_decay=1e-4)
    start, end = jnp.arccos(0.95), jnp.arccos(0.02)

    def init(key: jax.Array) -> tuple:
        variables = network.init(key, jnp.zeros((1, *images.shape[1:])), jnp.zeros(1), train=False)
        statistics = normalise.init(key, jnp.zeros((1, 1, 1, 3)), use_running_average=False)
        params, stats = variables["params"], variables["batch_stats"]
        average = jax.tree.map(jnp.copy, (params, stats))
        return 0, params, stats, optimizer.init(params), statistics, average

    def step(state: tuple, images: jax.Array) -> tuple[tuple, dict[str, jax.Array]]:
        count, params, stats, moments, statistics, average = state
        key = jax.random.fold_in(jax.random.key(0), count)
        unit = images.astype(jnp.float32) / 255
        clean, statistics = normalise.apply(
            statistics, unit, use_running_average=False, mutable=["batch_stats"]
        )
        time_key, noise_key = jax.random.split(key)
        angle = start + jax.random.uniform(time_key, (len(clean),)) * (end - start)
        alpha, sigma = (value[:, None, None, None] for value in (jnp.cos(angle), jnp.sin(angle)))
        noise = jax.random.normal(noise_key, clean.shape)
        x = alpha * clean + sigma * noise

        def loss(params: dict) -> tuple:
            variables = {"params": params, "batch_stats": stats}
            level = sigma[:, 0, 0, 0] ** 2
            guess, new = network.apply(variables, x, level, train=True, mutable=["batch_stats"])
            image = (x - sigma * guess) / alpha
            error = jnp.abs(guess - noise).mean() + jnp.abs(image - clean).mean()
            return error, new["batch_stats"]

        (value, stats), gradients = jax.value_and_grad(loss, has_aux=True)(params)
        updates, moments = optimizer.update(gradients, moments, params)
        params = optax.apply_updates(params, updates)
        average = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b, average, (params, stats))
        return (count + 1, params, stats, moments, statistics, average), {"loss": value}

    box = [jax.jit(init)(jax.random.key(0))]
    compiled = jax.jit(step, donate_argnums=0).lower(box[0], images).compile()

    def run() -> None:
        box[0], metrics = compiled(box[0], images)
        jax.block_until_ready(metrics)

    return run


def seconds(step: Step) -> float:
    """How long one step takes."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def one_round(steps: dict[str, Step], turned: bool) -> dict[str, float]:
    """The seconds of one step of each, in the order given or turned round."""
    order = reversed(steps) if turned else iter(steps)
    return {name: seconds(steps[name]) for name in order}


def main() -> None:
    """Prints both speeds and their ratio."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--batch-size", type=int, default=16)
    options.add_argument("--image-size", type=int, default=64)
    asked = options.parse_args()
    runtime.prepare()
    shape = (asked.batch_size, asked.image_size, asked.image_size, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    steps = {"mezzotint": ours(images), "bare": bare(images)}
    for step in steps.values():
        step()
    rounds = [one_round(steps, turned=bool(index % 2)) for index in range(asked.rounds)]
    for name in steps:
        median = statistics.median(times[name] for times in rounds)
        print(f"{name:<10}{asked.batch_size / median:8.2f} images/s (median of {asked.rounds})")
    ratios = sorted(times["bare"] / times["mezzotint"] for times in rounds)
    print(
        f"ratio     {statistics.median(ratios):8.3f} mezzotint / bare"
        f"  (from {ratios[0]:.3f} to {ratios[-1]:.3f})"
    )
    print(
        f"XLA_FLAGS={os.environ.get('XLA_FLAGS', '')!r} on {jax.devices()[0].platform}, jax {jax.__version__}"
    )


if __name__ == "__main__":
    main()
