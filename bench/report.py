"""The table of figures: each with its bound and whether it holds."""

import sys
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table; `bound` is empty for a figure that is only context."""

    name: str
    measured: str
    bound: str = ""
    verdict: str = ""


class Report:
    """Collects rows while the bench runs, says on stderr what it does, prints at the end."""

    def __init__(self, judges=True):
        self._rows = []
        self._judges = judges  # ratios and times; counts that must be nought always are
        self.n_not_run = 0

    def say(self, text):
        """Progress, for whoever waits."""
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def section(self, title):
        """Begin a group of figures."""
        self._rows.append(Row(title, ""))

    def note(self, name, measured):
        """A figure that has no bound."""
        self._rows.append(Row("  " + name, measured))

    def at_least(self, name, value, bound, form="{:.2f}"):
        """A figure that must not be below its bound."""
        self._judge(name, form.format(value), ">= " + form.format(bound), value >= bound)

    def at_most(self, name, value, bound, form="{:.2f}"):
        """A figure that must not be above its bound."""
        self._judge(name, form.format(value), "<= " + form.format(bound), value <= bound)

    def none(self, name, count):
        """A count that must be nought."""
        self._rows.append(Row("  " + name, str(int(count)), "0", _verdict(count == 0)))

    def below(self, name, value, bound, form="{:.2f}"):
        """A figure that must stay under its bound."""
        self._judge(name, form.format(value), "< " + form.format(bound), value < bound)

    def skipped(self, name, why):
        """Something that was left out on purpose."""
        self._rows.append(Row("  " + name, "skipped: " + why))

    def not_run(self, name, why):
        """Something that could not run: the bench then ends with status 1."""
        self.n_not_run += 1
        self._rows.append(Row("  " + name, "NOT RUN: " + why))
        self.say(f"{name}: {why}")

    def print(self, head):
        """The whole table, on stdout."""
        print(head)
        width = max(len(row.name) for row in self._rows) + 2
        print(f"\n{'figure':<{width}}{'measured':>20}  {'required':>14}  verdict")
        for row in self._rows:
            if not row.measured:
                print(f"\n{row.name}")
            elif not row.bound:
                print(f"{row.name:<{width}}{row.measured:>20}")
            else:
                print(f"{row.name:<{width}}{row.measured:>20}  {row.bound:>14}  {row.verdict}")
        n_missed = sum(row.verdict == "MISSED" for row in self._rows)
        n_judged = sum(bool(row.verdict) for row in self._rows)
        print(f"\n{n_judged - n_missed} of {n_judged} figures hold"
              + (f", {n_missed} MISSED" if n_missed else "")
              + (f", {self.n_not_run} not run" if self.n_not_run else ""))

    def _judge(self, name, measured, bound, holds):
        self._rows.append(Row("  " + name, measured, bound, _verdict(holds) if self._judges else ""))


def _verdict(holds):
    return "ok" if holds else "MISSED"
