"""How a process begins, as `python -m services.<name> <process>`, and how it ends with its parent."""

import ctypes
import inspect
import os
import signal
import sys
from collections.abc import Callable, Mapping

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def run(service: str, processes: Mapping[str, Callable[..., None]]) -> None:
    """Run the process that the command line names, with the words after it, or say which there are."""
    match sys.argv[1:]:
        case [name, *words] if name in processes and _takes(processes[name], words):
            processes[name](*words)
        case _:
            usage = "|".join(f"{name}{_words(process)}" for name, process in processes.items())
            sys.exit(f"Usage: python -m services.{service} {{{usage}}}")


def _takes(process: Callable[..., None], words: list[str]) -> bool:
    try:
        inspect.signature(process).bind(*words)
    except TypeError:
        return False
    return True


def _words(process: Callable[..., None]) -> str:
    """What may stand after its name: a variable number of words is written `[name ...]`."""
    parameters = inspect.signature(process).parameters.values()
    return "".join(f" [{one.name} ...]" if one.kind is one.VAR_POSITIONAL else f" {one.name}" for one in parameters)


def end_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Have the kernel send this process that signal when its parent dies. Linux only; elsewhere the process must look.

    The kernel watches the *thread* that started this process: start it from the main one.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != parent:  # it died between fork and prctl
        os._exit(1)
