"""Quick compilation for all tests here."""

from .quick import quick_compilation as quick_compilation
