"""Peers' published settings as recipes, on the network of `flowers-small`: only the settings differ.

Each is what the peer's own example does by default: its schedule, prediction, loss, batch, optimizer and
average. Samples are made as the protocol says. `flowers-article` is the fourth peer, the Keras example,
whole.
"""

from collections.abc import Callable
from dataclasses import replace

from mezzotint.config import Average, Config, Optimizer
from mezzotint.core.grid import KarrasGrid, Uniform
from mezzotint.core.level import LogRatio
from mezzotint.core.objective import Edm, LogNormalTimes, Plain, UniformTimes, Weighted
from mezzotint.core.pixels import FixedPixels
from mezzotint.core.prediction import Noise, Preconditioned, Velocity
from mezzotint.core.schedule import Cosine, Karras, Linear
from mezzotint.recipes import recipe


def diffusers() -> Config:
    """HF diffusers' `train_unconditional.py`: linear betas, the noise, AdamW 1e-4; arXiv:2006.11239."""
    return replace(
        recipe("flowers-small"),
        recipe="diffusers",
        batch_size=16,
        schedule=Linear(),
        prediction=Noise(),
        pixels=FixedPixels(),
        times=UniformTimes(),
        objective=Plain(norm="l2"),
        optimizer=Optimizer(
            learning_rate=1e-4, decay="cosine", warmup=500, weight_decay=1e-6, b1=0.95, clip=1.0
        ),
        average=Average(decay=0.9999),
        grid=Uniform(),
    )


def denoising_diffusion_pytorch() -> Config:
    """The README's example of denoising-diffusion-pytorch: velocity, Adam 8e-5 without decay.

    Its batches are 32 twice, and its average takes every tenth step at 0.995, which is 0.9995 at every one.
    Its sigmoid schedule is not built here; the cosine one stands for it.
    """
    return replace(
        recipe("flowers-small"),
        recipe="denoising-diffusion-pytorch",
        batch_size=64,
        schedule=Cosine(max_signal=0.9999, min_signal=0.005),
        prediction=Velocity(),
        pixels=FixedPixels(),
        times=UniformTimes(),
        objective=Plain(norm="l2"),
        optimizer=Optimizer(learning_rate=8e-5, weight_decay=0.0, b2=0.99, clip=1.0),
        average=Average(decay=0.9995),
    )


def edm() -> Config:
    """Karras et al., arXiv:2206.00364, table 1, appendix F: preconditioning, log-normal levels, Adam 2e-4."""
    return replace(
        recipe("flowers-small"),
        recipe="edm",
        batch_size=64,
        schedule=Karras(),
        prediction=Preconditioned(sigma_data=0.5),
        level=LogRatio(),
        pixels=FixedPixels(),
        times=LogNormalTimes(),
        objective=Weighted(weighting=Edm(sigma_data=0.5)),
        optimizer=Optimizer(learning_rate=2e-4, weight_decay=0.0, warmup=500),
        average=Average(decay=0.9995),
        grid=KarrasGrid(),
    )


PEERS: dict[str, Callable[[], Config]] = {
    "diffusers": diffusers,
    "denoising-diffusion-pytorch": denoising_diffusion_pytorch,
    "edm": edm,
}
