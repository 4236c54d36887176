import pytest

from pixkern import _cuda


@pytest.fixture(autouse=True)
def names_in_doctests(doctest_namespace):
    import numpy as np

    import pixkern

    doctest_namespace.update(np=np, pixkern=pixkern)


def pytest_collection_modifyitems(items):
    reason = _cuda.missing()
    if reason:
        for item in items:
            if item.get_closest_marker("cuda"):
                item.add_marker(pytest.mark.skip(reason=reason))
