"""When the server ends a kernel that nobody uses."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import AsyncMock

from recsys.kernels import KernelManager


def test_a_kernel_from_the_pool_gets_the_time_to_be_connected_to() -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    kernel = SimpleNamespace(
        kernel_name="python3",
        kernel_spec=SimpleNamespace(metadata={}),
        execution_state="idle",
        last_activity=long_ago,
    )
    manager = KernelManager(cull_idle_timeout=90)
    manager._kernels["one"] = kernel
    manager.shutdown_kernel = AsyncMock()

    def look() -> None:
        with ThreadPoolExecutor() as thread:  # in this one, Playwright may be running its loop
            thread.submit(asyncio.run, manager.cull_kernel_if_idle("one")).result()

    try:
        look()
        manager.shutdown_kernel.assert_not_called()

        kernel.last_activity = long_ago  # and nobody has come
        look()
        manager.shutdown_kernel.assert_called_once_with("one")
    finally:
        del manager._kernels["one"]
