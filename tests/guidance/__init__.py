"""Tests of guidance: laws on denoisers that are known in closed form."""
