"""Make `tests/sampling/golden.npz`: what diffusers and k-diffusion make of one denoiser, step by step.

    python scripts/make_sampler_golden.py

It needs torch, diffusers and k-diffusion with its torchdiffeq and torchsde, which the tests do not. The
denoiser is the best one for pixels that are independent draws of a mixture of two Gaussians. Each case holds
the rates at each time, x there, the last image estimate, and the fresh noise of each step where there is any.
The arithmetic is float64, but for the schedulers of diffusers that insist on float32.

diffusers runs on 1,000 linear betas; its times are those of `set_timesteps`. Its last step, to no noise at
all, is left out: there it lowers the order, and so comes to the image estimate. Its UniPC-3 without
correction stands for DPM-Solver++ 3M, because its own third order, like k-diffusion's, has half of the
parabola's curvature. k-diffusion runs on Karras's sigmas.
"""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock, patch

import diffusers  # pyright: ignore[reportMissingImports]
import numpy as np
import torch  # pyright: ignore[reportMissingImports]

TARGET = Path(__file__).parents[1] / "tests/sampling/golden.npz"
STEPS = 10
SHAPE = (2, 2, 3, 1)
CHURN = {"s_churn": 0.2 * STEPS, "s_tmin": 0.05, "s_tmax": 50.0, "s_noise": 1.003}
COMPONENTS = torch.tensor([(0.35, 0.65), (-0.8, 0.6), (0.25, 0.15)], dtype=torch.float64)
WEIGHTS, MEANS, STDS = COMPONENTS

Case = dict[str, np.ndarray]


def image(x: torch.Tensor, alpha: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """E[image | x = alpha * image + sigma * noise]."""
    variances = (alpha * STDS) ** 2 + sigma**2
    apart = x[..., None] - alpha * MEANS
    likely = torch.softmax(WEIGHTS.log() - variances.log() / 2 - apart**2 / variances / 2, -1)
    return (likely * (MEANS + alpha * STDS**2 / variances * apart)).sum(-1)


def fresh_noise() -> Iterator[torch.Tensor]:
    """The same sequence for every case."""
    generator = torch.Generator().manual_seed(1)
    while True:
        yield torch.randn(SHAPE, generator=generator, dtype=torch.float64)


def start(alpha: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """X at the first time."""
    generator = torch.Generator().manual_seed(0)
    return torch.hypot(alpha, sigma) * torch.randn(SHAPE, generator=generator, dtype=torch.float64)


def case(
    alphas: torch.Tensor, sigmas: torch.Tensor, xs: list[torch.Tensor], noises: list[torch.Tensor]
) -> Case:
    """A case's arrays, with the image estimate of the last x."""
    picture = image(xs[-1], alphas[-1], sigmas[-1])
    made = {"alpha": alphas, "sigma": sigmas, "x": torch.stack(xs), "image": picture}
    if noises:
        made["noise"] = torch.stack(noises)
    return {name: tensor.double().numpy() for name, tensor in made.items()}


def betas(scheduler: type, **options: Any) -> Any:
    """A scheduler of 1,000 linear betas that is asked for the noise, with float64 rates."""
    made = scheduler(num_train_timesteps=1000, beta_start=1e-4, beta_end=0.02, **options)
    made.alphas_cumprod = made.alphas_cumprod.double()
    made.set_timesteps(STEPS)
    return made


def on_alphas(scheduler: type, stochastic: bool = False, **options: Any) -> Case:
    """A scheduler that reads the rates from alphas_cumprod: DDIM and DDPM."""
    made = betas(scheduler, clip_sample=False, **options)
    squares = made.alphas_cumprod[made.timesteps]
    alphas, sigmas = squares.sqrt(), (1 - squares).sqrt()
    return _diffusers(made, alphas, sigmas, stochastic, "diffusers.schedulers.scheduling_ddpm.randn_tensor")


def on_sigmas(scheduler: type, stochastic: bool = False, **options: Any) -> Case:
    """A scheduler that reads the rates from sigma / alpha: DPM-Solver++, UniPC and DEIS."""
    made = betas(scheduler, timestep_spacing="linspace", **options)
    made.sigmas = made.sigmas.double()
    ratios = made.sigmas[:-1]
    alphas = 1 / (1 + ratios**2).sqrt()
    target = "diffusers.schedulers.scheduling_dpmsolver_multistep.randn_tensor"
    return _diffusers(made, alphas, ratios * alphas, stochastic, target)


def _diffusers(
    made: Any, alphas: torch.Tensor, sigmas: torch.Tensor, stochastic: bool, drawn_by: str
) -> Case:
    noises, draws = [], fresh_noise()

    def draw(*_: object, **__: object) -> torch.Tensor:
        noises.append(next(draws))
        return noises[-1]

    xs = [start(alphas[0], sigmas[0])]
    with patch(drawn_by, draw):
        for index, time in enumerate(made.timesteps[:-1]):
            noise = (xs[-1] - alphas[index] * image(xs[-1], alphas[index], sigmas[index])) / sigmas[index]
            xs.append(made.step(noise, time, xs[-1]).prev_sample)
    assert len(noises) == (STEPS - 1 if stochastic else 0)
    return case(alphas, sigmas, xs, noises)


def heun() -> Case:
    """Heun's method in x / alpha, where a step is two calls."""
    made = betas(diffusers.HeunDiscreteScheduler)
    made.sigmas = made.sigmas.double()
    sigmas = made.sigmas[:-1][::2]
    ones = torch.ones_like(sigmas)
    x, xs = start(ones[0], sigmas[0]), []
    for index, time in enumerate(made.timesteps[:-1]):
        sigma = made.sigmas[(index + 1) // 2 * 2]
        if index % 2 == 0:
            xs.append(x)
        x = made.step((x - image(x, ones[0], sigma)) / sigma, time, x).prev_sample
    return case(ones, sigmas, [*xs, x], [])


def k_sampling() -> ModuleType:
    """k_diffusion.sampling without the package's front door, which asks for much that is not needed here."""
    spec = find_spec("k_diffusion")
    assert spec is not None and spec.submodule_search_locations is not None
    package = ModuleType("k_diffusion")
    package.__path__ = list(spec.submodule_search_locations)
    stand_ins = {name: MagicMock() for name in ("torchvision", "torchvision.transforms")}
    with patch.dict(sys.modules, {"k_diffusion": package, **stand_ins}):
        from k_diffusion import sampling  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    return sampling


def k_diffusion(sample: Callable[..., torch.Tensor], drawn: str = "", **options: Any) -> Case:
    """A function of k-diffusion, from the largest of Karras's sigmas to 0."""
    ramp = torch.linspace(80 ** (1 / 7), 0.002 ** (1 / 7), STEPS, dtype=torch.float64)
    sigmas = torch.cat([ramp**7, torch.zeros(1, dtype=torch.float64)])
    ones, xs, noises, draws = torch.ones(STEPS, dtype=torch.float64), [], [], fresh_noise()

    def draw(*_: object) -> torch.Tensor:
        noises.append(next(draws))
        return noises[-1]

    if drawn == "noise_sampler":
        options["noise_sampler"] = draw
    with patch("torch.randn_like", draw):
        sample(
            lambda x, sigma: image(x, ones[0], sigma[0]),
            start(ones[0], sigmas[0]),
            sigmas,
            callback=lambda seen: xs.append(_before_churn(seen, noises)),
            disable=True,
            **options,
        )
    return case(ones, sigmas[:-1], xs, noises[: STEPS - 1] if drawn else [])


def _before_churn(seen: dict[str, torch.Tensor], noises: list[torch.Tensor]) -> torch.Tensor:
    """X at the start of a step: a function of k-diffusion shows it with the churn's noise."""
    added = (seen["sigma_hat"] ** 2 - seen["sigma"] ** 2).sqrt()
    return seen["x"] - CHURN["s_noise"] * added * noises[-1] if added else seen["x"]


def cases() -> dict[str, Case]:
    """Every case by its name."""
    k, dpm, unipc = k_sampling(), diffusers.DPMSolverMultistepScheduler, diffusers.UniPCMultistepScheduler
    deis = {"lower_order_final": False, "algorithm_type": "deis"}
    whole = {"solver_order": 3, "lower_order_final": False}
    return {
        "diffusers/ddim": on_alphas(diffusers.DDIMScheduler),
        "diffusers/ddpm": on_alphas(diffusers.DDPMScheduler, stochastic=True),
        "diffusers/heun": heun(),
        "diffusers/dpmpp-2m": on_sigmas(dpm),
        "diffusers/dpmpp-2m-sde": on_sigmas(dpm, stochastic=True, algorithm_type="sde-dpmsolver++"),
        "diffusers/dpmpp-3m": on_sigmas(unipc, disable_corrector=list(range(STEPS)), **whole),
        "diffusers/unipc": on_sigmas(unipc),
        "diffusers/unipc-3": on_sigmas(unipc, **whole),
        "diffusers/ab2": on_sigmas(diffusers.DEISMultistepScheduler, **deis),
        "diffusers/ab3": on_sigmas(diffusers.DEISMultistepScheduler, solver_order=3, **deis),
        "k-diffusion/ddim": k_diffusion(k.sample_euler),
        "k-diffusion/ddpm": k_diffusion(k.sample_euler_ancestral, "noise_sampler"),
        "k-diffusion/heun": k_diffusion(k.sample_heun),
        "k-diffusion/churned": k_diffusion(k.sample_heun, "randn_like", **CHURN),
        "k-diffusion/dpmpp-2m": k_diffusion(k.sample_dpmpp_2m),
        "k-diffusion/dpmpp-2m-sde": k_diffusion(k.sample_dpmpp_2m_sde, "noise_sampler"),
    }


def main() -> None:
    """Writes all cases and the versions that made them."""
    made_by = np.array([f"{name} {version(name)}" for name in ("diffusers", "k-diffusion", "torch")])
    arrays = {f"{name}/{part}": value for name, each in cases().items() for part, value in each.items()}
    assert all(np.isfinite(value).all() for value in arrays.values())
    np.savez_compressed(TARGET, allow_pickle=False, made_by=made_by, **arrays)
    print(f"{TARGET}: {len(cases())} cases by {', '.join(made_by)}, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
