"""The kernels of Voilà's server, and when they are ended."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager


class KernelManager(AsyncMappingKernelManager):
    """Voilà's asynchronous one, which gives a preheated kernel the time to be connected to, and
    ends those too that are still being started.

    Voilà keeps the culler away from the kernels in its pool. One that has been there for a while
    counts as idle for as long when a visitor gets it, and could be ended before the page connects.
    So the clock of a kernel starts when the culler first meets it.
    """

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        kernel: Any = self.get_kernel(kernel_id)
        if not hasattr(kernel, "met_by_culler"):
            kernel.met_by_culler = True
            kernel.last_activity = utcnow()
        await super().cull_kernel_if_idle(kernel_id)

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]
        # One that is on its way cannot be ended, and asking for it would leave the others alive.
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        await super().shutdown_all(now=now)
