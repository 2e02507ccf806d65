"""Tests of `mezzotint.training`."""
