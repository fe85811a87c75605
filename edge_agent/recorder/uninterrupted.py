"""What is begun in a thread comes to its end, also when the task that waits for it is cancelled: a thread can't be stopped, and what it
uses (a database connection, a file on its way) must not meanwhile be used by the next."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Cancelled while it runs, the caller is told so (CancelledError) only when it has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at: what it says is nobody's any more
        raise
