"""`python -m tests.chaos --seed N --minutes M`: one run of chaos; status 1 when something does not hold."""

import argparse
import sys
import time

from tests.chaos.plan import make_plan
from tests.chaos.run import Run, premises_up


class Broken(Exception):
    """Something did not hold: the product's folder is kept, to be looked at."""


def main() -> int:
    """Read the command line, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="what the plan is made of")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long people and faults go on")
    parser.add_argument("--keep", action="store_true", help="keep the logs and the data in any case")
    chosen = parser.parse_args()
    plan = make_plan(chosen.seed, chosen.minutes)
    say(f"Chaos with seed {chosen.seed}: {chosen.minutes:g} minutes, {len(plan.stories)} customers, {len(plan.strikes)} faults.")
    try:
        with premises_up(say, keep=chosen.keep) as premises:
            run = Run(plan, premises, say)
            found = run.play()
            tell(run, found)
            if found:
                raise Broken
    except Broken:
        say(f"Seed {chosen.seed}, {chosen.minutes:g} minutes: {len(found)} violations. Data and logs: {premises.folder}")
        return 1
    say(f"Seed {chosen.seed}, {chosen.minutes:g} minutes: everything held.")
    return 0


def tell(run: Run, found: list[str]) -> None:
    """What was done, what was strange, and what did not hold."""
    for what, count in sorted(run.journal.counts.items()):
        say(f"  {count:6d}  {what}")
    for what, count in sorted(run.journal.strange.items()):
        say(f"  strange: {count} x {what}")
    for said in found:
        say(f"VIOLATION {said}")


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
