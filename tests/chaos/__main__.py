"""`python -m tests.chaos --seed N --minutes M`: one run of chaos.

Status 1 when something does not hold, 2 when too little was done to show anything.
"""

import argparse
import sys
import time

from tests.chaos.plan import make_plan
from tests.chaos.premises import Premises
from tests.chaos.run import Run


def main() -> int:
    """Read the command line, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="what the plan is made of")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long people and faults go on")
    parser.add_argument("--keep", action="store_true", help="keep logs and data, also where everything held")
    chosen = parser.parse_args()
    plan = make_plan(chosen.seed, chosen.minutes)
    name = f"seed {chosen.seed}, {chosen.minutes:g} minutes"
    say(f"Chaos with {name}: {len(plan.stories)} customers, {len(plan.strikes)} faults.")
    premises, keep = Premises(), True
    say(f"Starting the product in {premises.folder}.")
    try:
        premises.start()
        run = Run(plan, premises, say)
        found = run.play()
        tell(run, found)
        keep = bool(found) or chosen.keep
    finally:
        premises.stop(keep=keep)
        if keep:
            say(f"Data and logs: {premises.folder}")
    if found:
        say(f"{name}: {len(found)} violations.")
        return 1
    if run.shows_too_little:
        say(f"{name}: nothing was found, but too little was done to show anything. Is the machine that busy?")
        return 2
    say(f"{name}: everything held.")
    return 0


def tell(run: Run, found: list[str]) -> None:
    """What was done, what was strange, and what did not hold."""
    for what, count in sorted(run.journal.counts.items()):
        say(f"  {count:6d}  {what}")
    for what, count in sorted(run.journal.strange.items()):
        say(f"STRANGE {count} x {what}")
    for said in found:
        say(f"VIOLATION {said}")


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
