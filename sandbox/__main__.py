"""`python -m sandbox up` runs the product on this machine, `python -m sandbox reset` forgets what it stored."""

import argparse
import os
from pathlib import Path

from sandbox.state_folder import reset
from sandbox.supervisor import Options, up


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("up", help="run everything until Ctrl-C")
    running.add_argument("--quiet", action="store_true", help="show only what begins, ends and goes wrong")
    running.add_argument("--no-demo", action="store_true", help="begin without demo data")
    commands.add_parser("reset", help="forget all that was stored")
    arguments = parser.parse_args()
    state = Path(os.environ.get("SANDBOX_STATE", ".sandbox")).resolve()
    if arguments.command == "reset":
        reset(state)
        return
    base = os.environ.get("PORT_BASE", "8000")
    if not base.isdigit() or not 1024 <= int(base) <= 65_000:  # noqa: PLR2004 - what TCP has for ordinary users
        parser.error(f"PORT_BASE must be a number from 1024 to 65000, not {base!r}")
    up(Options(port_base=int(base), state=state, quiet=arguments.quiet, demo=not arguments.no_demo))


if __name__ == "__main__":
    main()
