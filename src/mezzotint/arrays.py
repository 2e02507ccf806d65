"""The names of the arrays that travel through the package: shapes, units and ranges.

Shapes are written with jaxtyping and enforced in the tests only. Images are NHWC: uint8 on disk,
float32 in [0, 1] at every public boundary, normalised only between `pixels.encode` and
`pixels.decode`. Times run from 0 (clean) to 1 (noise).
"""

from jaxtyping import Array, Float, UInt8
from jaxtyping import Key as KeyOf

Images = Float[Array, "batch height width channels"]
Bytes = UInt8[Array, "batch height width channels"]
Times = Float[Array, " batch"]
Key = KeyOf[Array, ""]
Keys = KeyOf[Array, " batch"]
