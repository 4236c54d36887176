"""Light on surfaces: normals, Lambert's law, environments, highlights and compositing, in linear light.

Frame: x to the right, y up, z to the viewer; image rows go down. Integers are sRGB codes (IEC 61966-2-1), float32 is
linear light. Light directions point from the surface to the light.
"""

from ._composite import composite
from ._light_draws import colour_temperature, hemisphere
from ._lights import DirectionalLight, Specular
from ._noise import fbm
from ._normals import normals_from_depth, normals_from_height
from ._shade import shade, shading
from ._srgb import linear_to_srgb, srgb_to_linear
from ._unit_normals import UnitNormals, normals_from_vectors

__all__ = [
    "DirectionalLight",
    "Specular",
    "UnitNormals",
    "colour_temperature",
    "composite",
    "fbm",
    "hemisphere",
    "linear_to_srgb",
    "normals_from_depth",
    "normals_from_height",
    "normals_from_vectors",
    "shade",
    "shading",
    "srgb_to_linear",
]
