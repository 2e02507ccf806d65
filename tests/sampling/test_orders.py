"""Observed orders of accuracy, over every schedule x prediction x sampler, on a Gaussian and on a mixture."""
