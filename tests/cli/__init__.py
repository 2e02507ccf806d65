"""Tests of `mezzotint.cli`."""
