"""The folder that keeps all state of one sandbox: held by one supervisor at a time, forgotten on demand."""

import fcntl
import shutil
from pathlib import Path
from typing import IO

from sandbox import terminal
from sandbox.embedded import forget_postgres, stop_leftover_postgres
from sandbox.leftovers import end_leftovers
from sandbox.ports import CannotStartError


def hold(state: Path) -> IO[str]:
    """Hold the state folder: two supervisors on one folder would fight for its data."""
    state.mkdir(parents=True, exist_ok=True)
    handle = (state / "lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStartError(
            f"The product runs already on {state}. Stop it there with Ctrl-C, or name another folder: SANDBOX_STATE=..."
        ) from None
    return handle


def reset(state: Path) -> None:
    """Forget all that was stored. Refuses while the sandbox runs."""
    if not state.exists():
        terminal.say(f"There is nothing to forget: {state} does not exist.")
        return
    lock = hold(state)
    end_leftovers(state / "logs")
    stop_leftover_postgres(state)
    forget_postgres(state)
    shutil.rmtree(state)
    lock.close()
    terminal.say(f"Forgotten: {state}.")
