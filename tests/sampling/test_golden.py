"""Step by step with diffusers and k-diffusion: the same denoiser, the same times, the same fresh noise.

Golden values: `scripts/make_sampler_golden.py`, which says what runs there. Where the other program computes
in float64, as this one does here, they agree to 1e-12; diffusers' DPMSolverMultistepScheduler computes in
float32.
"""

from collections.abc import Iterator
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.schedule import Karras, Rates
from mezzotint.sampling import fresh, loop
from mezzotint.sampling.churn import Churned
from mezzotint.sampling.presets import PRESETS
from mezzotint.sampling.unipc import UniPc

from ..laws.members import precision
from . import table
from .mixture import Mixture

with np.load(Path(__file__).parent / "golden.npz") as arrays:
    GOLDEN = dict(arrays)
CASES = sorted({name.rpartition("/")[0] for name in GOLDEN if "/" in name})
SINGLE = ("diffusers/dpmpp-2m", "diffusers/dpmpp-2m-sde")

MIXTURE = Mixture(np.array([0.35, 0.65]), np.array([-0.8, 0.6]), np.array([0.25, 0.15]))
CHURNED = Churned(gain=0.2, low=0.05, high=50.0, inflation=1.003)
SAMPLERS = {**PRESETS, "unipc-3": UniPc(3), "churned": CHURNED}


@pytest.fixture
def noise(monkeypatch: pytest.MonkeyPatch) -> list[Array]:
    """The fresh noise of the steps to come, in place of what keys give."""
    given: list[Array] = []
    monkeypatch.setattr(fresh, "noise", lambda keys, shape: given.pop(0))
    return given


def steps(case: str) -> Iterator[tuple[Array, Array]]:
    """(x of ours, x of theirs) after each step, and the last image estimates."""
    alpha, sigma, theirs = (GOLDEN[f"{case}/{part}"] for part in ("alpha", "sigma", "x"))
    # Churn asks for a time between the grid's: the sigmas are those of Karras, even in t.
    churned, count = case.endswith("churned"), len(alpha)
    schedule = Karras() if churned else table.Table(Rates(jnp.asarray(alpha), jnp.asarray(sigma)))
    times = jnp.linspace(1, 0, count) if churned else table.times(jnp.asarray(count)).values
    denoise, sampler = MIXTURE.denoiser(schedule), SAMPLERS[case.rpartition("/")[2]]
    x, memory = jnp.asarray(theirs[0]), sampler.init(jnp.asarray(theirs[0]))
    for index in range(count - 1):
        t, s = times[index], times[index + 1]
        x, memory = sampler.step(denoise, schedule, x, t, s, memory, loop.keys(0, 0, 2))
        yield x, theirs[index + 1]
    yield denoise(x, jnp.full(2, times[count - 1])).image, GOLDEN[f"{case}/image"]


@pytest.mark.parametrize("case", CASES)
def test_every_step_agrees(case: str, noise: list[Array]) -> None:
    with precision():
        zeros = np.zeros_like(GOLDEN[f"{case}/x"][1:])
        noise += list(jnp.asarray(GOLDEN.get(f"{case}/noise", zeros)))
        bound = 1e-6 if case in SINGLE else 1e-12
        for ours, theirs in steps(case):
            np.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound)
            assert np.asarray(ours).dtype == np.float64


def test_the_golden_values_cover_every_preset_and_say_what_made_them() -> None:
    covered = {case.rpartition("/")[2] for case in CASES}
    assert covered == set(SAMPLERS) - {"ab1", "ab4", "ab5"}
    assert {str(line).split()[0] for line in GOLDEN["made_by"]} == {"diffusers", "k-diffusion", "torch"}
    assert all(len(GOLDEN[f"{case}/x"]) == 10 for case in CASES)
