"""How a figure is measured: contestants take turns in one run, and what counts is their ratio within each turn.

A machine is noisy and shared, so a time says little; the ratio of two times taken one after the other says what our
code costs on top of the work that nobody can avoid. Times are printed for orientation and never judged.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import TypeVar

Value = TypeVar("Value")
Round = Callable[[], int]
"""One turn of a contestant: does some operations, all alike, and returns how many."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """What the turns of each contestant cost, in seconds for one operation, turn by turn."""

    turns: Mapping[str, list[float]]

    def typical(self, name: str) -> float:
        """The median cost of one operation, in seconds."""
        return median(self.turns[name])

    def ratio(self, name: str, against: str) -> float:
        """The median of the ratios of turns that were taken one after the other."""
        return median(one / other for one, other in zip(self.turns[name], self.turns[against], strict=True))


@dataclass(kw_only=True)
class Benchmark:
    """One run of a benchmark: its size, its figures, and whether all goals hold."""

    size: str
    missed: list[str] = field(default_factory=list)

    def pick(self, *, quick: Value, normal: Value, full: Value) -> Value:
        """The value for the size of this run: `--quick`, neither, or `--full`."""
        return {"quick": quick, "normal": normal, "full": full}[self.size]

    def say(self, text: str) -> None:
        """Tell the person who waits how far it is."""
        print(text, file=sys.stderr, flush=True)

    def alternate(self, contestants: Mapping[str, Round], *, rounds: int | None = None, warm_ups: int = 1) -> Times:
        """Let the contestants take turns, at least five each; the first turns only warm up.

        The order turns around each time, so that none of them always comes second.
        """
        rounds = rounds or self.pick(quick=5, normal=7, full=9)
        turns: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(-warm_ups, rounds):
            names = list(contestants)
            for name in names if number % 2 else reversed(names):
                began = perf_counter()
                operations = contestants[name]()
                seconds = (perf_counter() - began) / operations
                if number >= 0:
                    turns[name].append(seconds)
            told = ", ".join(f"{name} {_readable(turns[name][-1])}" for name in contestants if turns[name])
            self.say(f"  turn {number + 1} of {rounds}: {told}" if told else "  warmed up")
        return Times(turns=turns)

    def compare(self, figure: str, times: Times, *, ours: str, bare: str, goal: float, at_least: bool = False) -> None:
        """A figure that is a ratio of costs: ours may be at most `goal` times the bare one.

        With `at_least` the ratio is one of rates instead: ours must reach `goal` times the rate of `bare`.
        """
        ratio = times.ratio(bare, ours) if at_least else times.ratio(ours, bare)
        self.record(
            figure, ours=times.typical(ours), bare=times.typical(bare), ratio=ratio, goal=goal, at_least=at_least
        )

    def record(
        self, figure: str, *, ours: float, bare: float | None, ratio: float, goal: float, at_least: bool = False
    ) -> None:
        """A figure measured otherwise. Where there is nothing to compare with, `bare` is None and `ratio` the value."""
        holds = ratio >= goal if at_least else ratio <= goal
        if not holds:
            self.missed.append(figure)
        sign = "≥" if at_least else "≤"
        line = {"figure": figure, "ours": _rounded(ours), "bare": bare if bare is None else _rounded(bare)}
        line |= {"ratio": _rounded(ratio), "goal": f"{sign} {goal:g}", "holds": holds}
        print(json.dumps(line, ensure_ascii=False), flush=True)


def run(measure: Callable[[Benchmark], None], description: str | None) -> None:
    """Read the command line, measure, and end with status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="ends within 45 seconds")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="the sizes that the goals name")
    parser.set_defaults(size="normal")
    benchmark = Benchmark(size=parser.parse_args().size)
    measure(benchmark)
    if benchmark.missed:
        benchmark.say(f"Goals missed: {', '.join(benchmark.missed)}")
        sys.exit(1)


def _readable(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} us" if seconds < 0.01 else f"{seconds * 1e3:,.1f} ms"


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
