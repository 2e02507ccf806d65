"""How a file stores its weights; what is computed with them stays float32 wherever a runtime can."""

from enum import StrEnum


class Quantize(StrEnum):
    """The type of the weights in a file."""

    NONE = "none"
    FLOAT16 = "float16"
    INT8 = "int8"
