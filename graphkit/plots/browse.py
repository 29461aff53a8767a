"""Looking around in a run from a notebook: one ring at a time, chosen from a list."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

from graphkit.detection import Detection
from graphkit.display import html_text
from graphkit.explain import explain
from graphkit.plots.ring import plot_timeline

_TIERS = ("purge", "review", "watch")


@dataclass(frozen=True)
class Browser:
    """The rings of a run to choose from, each with its timeline and its explanation.

    In Jupyter with ipywidgets the choice is a list; everywhere else, and on a page that was printed, the first ring
    stands for all.

    Attributes
    ----------
    run
        The run.
    lang
        Language of the explanations.
    """

    run: Detection
    lang: str = "en"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What the list shows, and the ring that each entry stands for; strongest first."""
        rows = sorted(
            self.run.rings.to_pylist(), key=lambda row: (_TIERS.index(row["tier"]), -row["score"], row["ring_id"])
        )
        return [
            (f"{row['ring_id']} · {row['tier']} · {row['n_users']} users · {row['n_likes']} likes", row["ring_id"])
            for row in rows
        ]

    def show(self, ring_id: str) -> str:
        """Return one ring as HTML: its timeline as a picture within, and its explanation."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4), layout="constrained")
        plot_timeline(self.run.ring(ring_id), figure.subplots())
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=100)
        one = explain(self.run, ring=ring_id, lang=self.lang)
        picture = base64.b64encode(drawn.getvalue()).decode()
        words = html_text(one.headline.text(self.lang))
        return f'<img alt="{words}" src="data:image/png;base64,{picture}">{one._repr_html_()}'

    def _repr_html_(self) -> str:
        if not self.choices:
            return self.run._repr_html_()
        return self.show(self.choices[0][1])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the list where there are widgets to make it of, and the first ring for every other reader."""
        still = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        try:
            import ipywidgets
        except ImportError:
            return still
        if not self.choices:
            return still
        ring = ipywidgets.Dropdown(options=self.choices, description="ring")
        page = ipywidgets.HTML(self.show(ring.value))
        ring.observe(lambda change: setattr(page, "value", self.show(change["new"])), names="value")
        return {**ipywidgets.VBox([ring, page])._repr_mimebundle_(), **still}
