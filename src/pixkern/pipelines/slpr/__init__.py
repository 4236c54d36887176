"""The stochastic Laplacian pyramid renderer: batches of renders, single pictures and zooms, on `pixkern.pyramid`."""

from .config import Asset, Config, RenderConfig, Settings

__all__ = ["Asset", "Config", "RenderConfig", "Settings"]
