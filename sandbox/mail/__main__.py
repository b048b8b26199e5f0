"""`python -m sandbox.mail`: the catcher as a process of its own."""

import argparse
from pathlib import Path

from sandbox.mail import start
from sandbox.processes import wait_for_end


def main() -> None:
    """Run until the terminal or the supervisor says stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mail", description=__doc__)
    parser.add_argument("--state", type=Path, default=Path(".sandbox"), help="folder that keeps the mails")
    parser.add_argument("--port", type=int, default=8005, help="port of the page")
    parser.add_argument("--smtp-port", type=int, default=8007, help="port of the mail server")
    arguments = parser.parse_args()
    catcher = start(arguments.state, arguments.smtp_port, arguments.port)
    print(f"Mail to {catcher.smtp_url} shows up at {catcher.url}", flush=True)
    wait_for_end()
    catcher.stop()


if __name__ == "__main__":
    main()
