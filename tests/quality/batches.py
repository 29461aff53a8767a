"""What a purge takes of tier purge over the worlds of the suite, what its guard rails hold, and what it says of itself.

The measurements are those of the suite: who has made one of the two sections has paid for the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphkit.evaluation import BatchFigures, pool_batches
from graphkit.report import text
from tests.quality.cases import CANARY, DEFAULTS, POLICIES, Measured
from tests.quality.page import mean, table
from tests.quality.suite import cases

__all__ = ["cases", "misses", "section"]

#: Largest honest share of a batch, over worlds of every sort: issue 6.
HONEST = 0.005

Pooled = Mapping[str, Mapping[str, BatchFigures]]


def section(worlds: Mapping[str, Sequence[Measured]]) -> Iterator[str]:
    """Yield the section of the batches, its head apart."""
    pooled = {
        policy: {name: pool_batches(one.batches[policy] for one in measured) for name, measured in worlds.items()}
        for policy in POLICIES
    }
    yield from _bars(pooled)
    yield from _held(pooled[DEFAULTS])
    yield from _expected(pooled[DEFAULTS])
    yield from _others(pooled)


def misses(name: str, found: BatchFigures) -> Iterator[str]:
    """Yield what of the bar a world's batches miss."""
    if found.honest.of and found.honest.mean > HONEST:
        share, worst = text.percent(found.honest.mean), text.percent(found.honest.most)
        yield f"- **{name}**: honest likes {share}, bar {text.percent(HONEST)}, worst {worst}."


def _bars(pooled: Pooled) -> Iterator[str]:
    yield "### Beside the bar"
    yield ""
    yield (
        "*Go* is the share of the candidates in tier purge that a batch of the default policy takes, canary and rest "
        "together, with nobody having reviewed anything. *Waiting* are rings of tier purge some of whose likes wait "
        "for a person because of what a note or an author would lose."
    )
    yield ""
    rows = []
    for name, found in pooled[DEFAULTS].items():
        honest, canary, taken = found.honest, pooled[CANARY][name].honest, found.taken
        rows.append(
            [
                name, str(found.n_batches), text.count(taken.of), mean(taken), text.percent(taken.least),
                text.count(honest.of), mean(honest), text.percent(honest.most),
                f"≤ {text.percent(HONEST)}", mean(canary), text.percent(canary.most),
                mean(found.found), f"{found.waiting.n:,} of {found.waiting.of:,}",
            ]
        )  # fmt: skip
    head = [
        "world", "seeds", "likes in tier purge", "go: mean", "least", "likes that go", "honest: mean", "worst", "bar",
        "honest in the canary: mean", "worst", "bought likes that go: mean", "rings waiting",
    ]  # fmt: skip
    yield from table(head, rows)
    missed = [line for name, found in pooled[DEFAULTS].items() for line in misses(name, found)]
    yield "Bars missed:" if missed else "No bar is missed."
    yield ""
    yield from missed
    yield ""


def _held(worlds: Mapping[str, BatchFigures]) -> Iterator[str]:
    yield "### What holds the rest"
    yield ""
    yield "Of the candidates in tier purge of all seeds, the share that each guard rail of the default policy holds."
    yield ""
    worlds = {name: found for name, found in worlds.items() if found.taken.of}
    rails = list(dict.fromkeys(rail for found in worlds.values() for rail, held in found.held.items() if held.n))
    rows = [
        [name, *(text.percent(found.held[rail].share) for rail in rails), text.percent(found.taken.share)]
        for name, found in worlds.items()
    ]
    yield from table(["world", *(f"`{rail}`" for rail in rails), "none: go"], rows)


def _expected(worlds: Mapping[str, BatchFigures]) -> Iterator[str]:
    yield "### What batches say of themselves"
    yield ""
    yield (
        "`expected_honest` in `batch.json` beside the truth: honest likes of all batches of a world, the sum of what "
        "they say is to be expected and of the ends of their 95 % intervals, the batches whose interval holds the "
        "truth, and those that take more honest likes than it says."
    )
    yield ""
    rows = []
    for name, found in worlds.items():
        if found.covered.of:
            ends = f"{text.count(int(found.low.sum))}-{text.count(int(found.high.sum))}"
            covered, exceeded = found.covered, found.exceeded
            rows.append(
                [
                    name, text.count(found.honest.n), text.count(round(found.expected.sum)), ends,
                    f"{covered.n} of {covered.of}", f"{exceeded.n} of {exceeded.of}",
                ]
            )  # fmt: skip
    yield from table(["world", "honest likes taken", "expected", "intervals", "within", "above"], rows)


def _others(pooled: Pooled) -> Iterator[str]:
    yield "### What other limits would do"
    yield ""
    yield "Share of tier purge that goes (mean) / honest likes among it (mean, worst seed), with one field changed."
    yield ""
    policies = [policy for policy in POLICIES if policy != CANARY]
    rows = []
    for name, found in pooled[DEFAULTS].items():
        if found.taken.of:
            rows.append([name, *(_go(pooled[policy][name]) for policy in policies)])
    yield from table(["world", "the defaults", *(f"`{policy}`" for policy in policies[1:])], rows)


def _go(found: BatchFigures) -> str:
    return f"{mean(found.taken)} / {mean(found.honest)} ({text.percent(found.honest.most)})"
