"""What every test shares: the flag that rewrites expectations, the event loop, and how properties are searched."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # So it is for what a shell starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expectations of the cases from what is found")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether this run rewrites expectations instead of comparing with them."""
    return bool(request.config.getoption("--update"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
