"""How a service's process kinds are started: `python -m services.<name> <process>`."""

import inspect
import sys
from collections.abc import Callable, Mapping


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
