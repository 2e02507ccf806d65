"""Sampling times fitted to a model."""
