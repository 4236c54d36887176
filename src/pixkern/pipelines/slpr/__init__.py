"""The stochastic Laplacian pyramid renderer: batches of renders, single pictures and zooms, on `pixkern.pyramid`."""

from .config import Asset, Config, RenderConfig, Settings
from .plan import Plan, PlannedCase
from .run import run
from .run_report import Interrupted, RunReport

__all__ = ["Asset", "Config", "Interrupted", "Plan", "PlannedCase", "RenderConfig", "RunReport", "Settings", "run"]
