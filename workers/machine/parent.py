"""Ending with one's parent, however it ends. Owns what a child asks of the kernel between fork and exec."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # looked up before any fork


def die_with_parent() -> Callable[[], None] | None:
    """For `preexec_fn`: the child gets SIGTERM when this process ends in any way, `kill -9` included. Linux only.

    The kernel watches the *thread* that starts the child: start it from one that lives as long as the process.
    """
    return None if _LIBC is None else make_ending_with(os.getpid())


def make_ending_with(parent: int) -> Callable[[], None]:
    """As `die_with_parent`, for a process that is a child of `parent` already. Linux only."""
    libc = _LIBC
    if libc is None:
        raise RuntimeError("only Linux ends a process with its parent")

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent ended before prctl
            os._exit(1)

    return ask_kernel
