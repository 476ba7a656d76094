"""Which of the two databases a test of a `system` is about, where it is not about both."""

import pytest

sqlite_only = pytest.mark.parametrize("system", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize(
    "system", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
