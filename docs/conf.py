"""Sphinx: python -m sphinx -W -b html docs build/docs; with -b doctest the examples of the pages run."""

from importlib.metadata import version as version_of

project = "pixkern"
author = "the pixkern developers"
copyright = "the pixkern developers, BSD-3-Clause"
release = version = version_of("pixkern")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"pixkern {release}"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings have them, with shapes and units
default_role = "py:obj"  # `warp` in a docstring links to pixkern.warp.warp
napoleon_google_docstring = False
napoleon_use_ivar = True  # or the attributes of a dataclass would be described twice

doctest_global_setup = "import numpy as np\nimport pixkern"
doctest_test_doctest_blocks = ""  # docstrings are run by pytest --doctest-modules, in the names of their own module


def _escape_bars(app, what, name, obj, options, lines):
    """Docstrings write |d| for an absolute value, which reStructuredText would take for a substitution."""
    lines[:] = [line.replace("|", "\\|") for line in lines]


def _skip_fields(app, what, name, obj, skip, options):
    """The fields of a named tuple have a docstring of Python's that says nothing."""
    return True if (getattr(obj, "__doc__", None) or "").startswith("Alias for field number") else None


def setup(app):
    app.connect("autodoc-process-docstring", _escape_bars)
    app.connect("autodoc-skip-member", _skip_fields)
