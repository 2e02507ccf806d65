"""Quick compilation for all tests here."""

from ..laws.quick import quick_compilation as quick_compilation
