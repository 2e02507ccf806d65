"""A trained model: its configuration, its averaged weights, and the pixel statistics.

    model = mezzotint.load("runs/x")
    pictures = model.sample(16, steps=20, seed=0)      # float32 (16, height, width, channels) in [0, 1]

Picture i of a seed is a function of the weights, the seed, i and its label alone, whatever the batch it is
made in.
"""

from mezzotint.model.bind import bind, init_variables, network, told
from mezzotint.model.choose import in_turn, number
from mezzotint.model.files import load
from mezzotint.model.guidance import Guidance
from mezzotint.model.model import Model

__all__ = ["Guidance", "Model", "bind", "in_turn", "init_variables", "load", "network", "number", "told"]
