import pytest

from pixkern import _cuda


def pytest_collection_modifyitems(items):
    reason = _cuda.missing()
    if reason:
        for item in items:
            if item.get_closest_marker("cuda"):
                item.add_marker(pytest.mark.skip(reason=reason))
