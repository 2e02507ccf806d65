"""Inversion: the noise from which a sampler makes a given picture.

The same loop with rising times: Song et al., arXiv:2010.02502, section 4.3. Two points are made exact
by a fixed-point iteration, where the plain method asks the denoiser at the wrong noise:

- the start: x at the lowest time of which the denoiser says that it is the picture;
- each step: the x at the higher time which the sampler's own step takes to where we are.

So what comes out is the noise from which these very steps lead to the picture, however few they are.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule, mix
from mezzotint.editing.plan import Plan
from mezzotint.sampling import loop
from mezzotint.sampling.method import Memory, Sampler
