"""What doctests find without importing it, in src as in tests."""

import pytest


@pytest.fixture(autouse=True)
def names_in_doctests(doctest_namespace):
    import numpy as np

    import pixkern

    doctest_namespace.update(np=np, pixkern=pixkern)
