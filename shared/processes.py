"""How a service's process kinds are started: `python -m services.<name> <process>`."""

import sys
from collections.abc import Callable, Mapping


def run(service: str, processes: Mapping[str, Callable[[], None]]) -> None:
    """Run the process that the command line names, or say which there are."""
    match sys.argv[1:]:
        case [name] if name in processes:
            processes[name]()
        case _:
            sys.exit(f"Usage: python -m services.{service} {{{'|'.join(processes)}}}")
