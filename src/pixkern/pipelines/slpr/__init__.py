"""The stochastic Laplacian pyramid renderer: batches of renders, single pictures and zooms, on `pixkern.pyramid`."""

from .config import Asset, Config, RenderConfig, Settings
from .plan import Plan, PlannedCase
from .run import Interrupted, RunReport, run

__all__ = ["Asset", "Config", "Interrupted", "Plan", "PlannedCase", "RenderConfig", "RunReport", "Settings", "run"]
