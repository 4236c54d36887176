"""Rate-distortion curves: pixkern's codec and the world's on the same photos, by the same measures.

`compare` is all of it; `bd_rate` and `encoders` are its parts that stand alone. Needs the extra ``rd``.
"""

from .bd_rate import bd_rate
from .choice import encoders
from .compare import compare
from .comparison import Comparison
from .encoder import Encoder
from .measure import Row
from .sweep import Failure, Sweep

__all__ = ["Comparison", "Encoder", "Failure", "Row", "Sweep", "bd_rate", "compare", "encoders"]
