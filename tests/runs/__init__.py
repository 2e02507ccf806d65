"""Tests of `mezzotint.runs`."""
