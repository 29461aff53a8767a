"""A run as an object: its tables, what it was made from, and its rings one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.columns import Kind
from graphkit.detection.rundir import Files, read_run, run_id, write_run
from graphkit.display import html_table
from graphkit.errors import InputError
from graphkit.likes.model import Likes
from graphkit.scoring.reasons import REASONS, sentence

if TYPE_CHECKING:
    import igraph
    import networkx as nx
    from matplotlib.axes import Axes

    from graphkit.explain import Explanation
    from graphkit.plots import Browser

#: What a notebook shows of the strongest rings.
_SHOWN = 20
_SHOWN_COLUMNS = ["ring_id", "kind", "tier", "score", "n_users", "n_notes", "n_authors", "n_likes", "window_s"]


@dataclass(frozen=True)
class Detection:
    """The result of a run.

    Attributes
    ----------
    tables
        Every table of ``schemas.OUTPUTS`` by name.
    info
        What ``run.json`` holds: versions, config, input fingerprint, counts, timings, warnings, evidence that was off.
    likes
        The likes it was made from; ``None`` after :func:`load`.
    """

    tables: Mapping[str, pa.Table]
    info: Mapping[str, Any]
    likes: Likes | None = None

    @property
    def run_id(self) -> str:
        """What tells this run from every other: 16 hex digits of its input, config and version."""
        return run_id(self.info)

    @property
    def id_types(self) -> dict[Kind, pa.DataType]:
        """The Arrow types of user, note and author ids."""
        return {
            Kind.USER_ID: self.members.schema.field("user_id").type,
            Kind.NOTE_ID: self.targets.schema.field("note_id").type,
            Kind.AUTHOR_ID: self.targets.schema.field("author_id").type,
        }

    @property
    def rings(self) -> pa.Table:
        """One row a ring."""
        return self.tables["rings"]

    @property
    def members(self) -> pa.Table:
        """One row a ring and user."""
        return self.tables["members"]

    @property
    def ties(self) -> pa.Table:
        """One row a ring and pair of members with a significant tie."""
        return self.tables["ties"]

    @property
    def targets(self) -> pa.Table:
        """One row a ring and note."""
        return self.tables["targets"]

    @property
    def candidates(self) -> pa.Table:
        """One row a like proposed for purge or review."""
        return self.tables["candidates"]

    @property
    def in_company(self) -> pa.Table:
        """The candidates given in company, on which all numbers of a ring rest."""
        return self.candidates.filter(self._in_company())

    @property
    def stragglers(self) -> pa.Table:
        """The candidates that members gave apart from the others."""
        return self.candidates.filter(pc.invert(self._in_company()))

    def _in_company(self) -> pa.ChunkedArray:
        return pc.equal(pc.list_element(self.candidates["reasons"], 0), "IN_COMPANY")

    @property
    def impact(self) -> pa.Table:
        """One row a note that would lose likes."""
        return self.tables["impact"]

    @property
    def authors(self) -> pa.Table:
        """One row a known author of such a note."""
        return self.tables["authors"]

    @property
    def quarantine(self) -> pa.Table:
        """One row an input row that could not be used."""
        return self.tables["quarantine"]

    def ring(self, ring_id: str) -> Ring:
        """Return one ring by its id, or by a beginning of it that no other ring shares.

        Parameters
        ----------
        ring_id
            The id, such as ``R-7f3a91c2d0``, or its beginning, such as ``R-7f3a``.

        Returns
        -------
        Ring

        Raises
        ------
        InputError
            When no ring, or more than one, is called so.
        """
        names = [name for name in self.rings["ring_id"].to_pylist() if name.startswith(ring_id)]
        if ring_id in names:
            names = [ring_id]
        if len(names) != 1:
            known = ", ".join(self.rings["ring_id"].to_pylist()[:5]) or "none"
            raise InputError(
                f"{len(names)} rings called {ring_id!r}", wanted="one ring of this run", todo=f"choose among: {known}"
            )
        return Ring(names[0], self)

    def explain(
        self,
        *,
        user: Any = None,
        note: Any = None,
        ring: str | None = None,
        lang: str = "en",
        likes: Likes | None = None,
    ) -> Explanation:
        """Explain a ring, a user, a note, or the like of a user on a note: for and against, and why not.

        Parameters
        ----------
        user, note
            Ids, of the type that the run has or as text.
        ring
            A ring's id, or its beginning.
        lang
            ``"en"`` or ``"zh"``.
        likes
            The likes that the run was made from; those at hand where absent. With them more can be said.

        Returns
        -------
        graphkit.explain.Explanation
            Prints as text, shows itself in a notebook; ``to_dict()`` is for machines.

        Raises
        ------
        ConfigError
            When nothing is asked for, or a ring together with something else, or in another language.
        InputError
            When what is asked for is not in the run, or the likes are not those of the run.
        """
        from graphkit.explain import explain

        return explain(self, user=user, note=note, ring=ring, lang=lang, likes=likes)

    def plot_overview(self, ax: Axes | None = None) -> Axes:
        """Draw the rings by members and score; area shows their likes, colour and shape their tier.

        Parameters
        ----------
        ax
            Where to draw; a new figure where absent.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from graphkit.plots import plot_overview

        return plot_overview(self, ax)

    def plot_calibration(self, ax: Axes | None = None, *, truth: str | Path | None = None) -> Axes:
        """Draw what the scores promise: beside the truth of a made world, or beside what decoys say.

        Parameters
        ----------
        ax
            Where to draw; a new figure where absent.
        truth
            The made world that the run is of, as ``graphkit simulate`` writes it.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from graphkit.plots import plot_calibration

        return plot_calibration(self, ax, truth)

    def browse(self, lang: str = "en") -> Browser:
        """Return the rings to look around in from a notebook: chosen from a list, each with timeline and explanation.

        Parameters
        ----------
        lang
            ``"en"`` or ``"zh"``.

        Returns
        -------
        graphkit.plots.Browser
            Shows itself; without ipywidgets the first ring stands for all.
        """
        from graphkit.plots import Browser

        return Browser(self, lang)

    def save(self, path: str | Path, *, force: bool = False, extra: Files | Callable[[], Files] | None = None) -> Path:
        """Write the run directory; it appears whole or not at all.

        Parameters
        ----------
        path
            The directory to make.
        force
            Whether a run that is there already may be replaced.
        extra
            Further files by name, or what makes them: it is called while the tables are written.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        OutputError
            When the place is taken or cannot be written; nothing is left then.
        """
        target = Path(path)
        make = extra if callable(extra) else lambda: extra or {}
        write_run(target, self.tables, self.info, make, force=force)
        return target

    def __repr__(self) -> str:
        tiers = ", ".join(f"{v['rings']} {k}" for k, v in self.info["tiers"].items())
        return f"<Detection: {self.rings.num_rows} rings ({tiers}), {self.candidates.num_rows} candidate likes>"

    def _repr_html_(self) -> str:
        rows = self.rings.sort_by([("score", "descending"), ("ring_id", "ascending")]).slice(0, _SHOWN)
        cells = (row.values() for row in rows.select(_SHOWN_COLUMNS).to_pylist())
        more = self.rings.num_rows - rows.num_rows
        left = f"; the strongest {rows.num_rows}" if more else ""
        return html_table(repr(self)[1:-1] + left, _SHOWN_COLUMNS, [[*values] for values in cells])


def load(path: str | Path) -> Detection:
    """Read a run directory back.

    Parameters
    ----------
    path
        What :meth:`Detection.save` or ``graphkit detect`` wrote.

    Returns
    -------
    Detection

    Raises
    ------
    OutputError
        When it is not a complete run directory.
    """
    tables, info = read_run(Path(path))
    return Detection(tables, info)


@dataclass(frozen=True)
class Ring:
    """One ring of a run.

    Attributes
    ----------
    ring_id
        Its id.
    run
        The run it belongs to.
    """

    ring_id: str
    run: Detection

    def _rows(self, table: str) -> pa.Table:
        rows = self.run.tables[table]
        # A run of one ring has rows of no other.
        return rows if self.run.rings.num_rows == 1 else rows.filter(pc.equal(rows["ring_id"], self.ring_id))

    @cached_property
    def row(self) -> dict[str, Any]:
        """The ring's row of ``rings``, evidence and all."""
        row: dict[str, Any] = self._rows("rings").to_pylist()[0]
        return row

    @cached_property
    def members(self) -> pa.Table:
        """Its members."""
        return self._rows("members")

    @cached_property
    def ties(self) -> pa.Table:
        """Its pairs of members with a significant tie."""
        return self._rows("ties")

    @cached_property
    def targets(self) -> pa.Table:
        """Its targets."""
        return self._rows("targets")

    @cached_property
    def likes(self) -> pa.Table:
        """Its candidate likes; none for a ring in tier ``watch``."""
        return self._rows("candidates")

    def to_networkx(self) -> nx.Graph[object]:
        """Return members joined by their ties; edge attributes ``weight``, ``breadth``, ``window_s``, ``p_value``."""
        import networkx as nx

        graph: nx.Graph[object] = nx.Graph(ring_id=self.ring_id)
        graph.add_nodes_from(self.members["user_id"].to_pylist())
        ties = self.ties.drop_columns("ring_id").to_pylist()
        graph.add_edges_from((tie.pop("user_a"), tie.pop("user_b"), tie) for tie in ties)
        return graph

    def to_igraph(self) -> igraph.Graph:
        """Return the same as an igraph graph; vertex attribute ``id`` holds the user id."""
        import igraph

        users, ties = self.members["user_id"].combine_chunks(), self.ties
        ends = [np.asarray(pc.index_in(ties[name], value_set=users)) for name in ("user_a", "user_b")]
        graph = igraph.Graph(n=len(users), edges=np.stack(ends, axis=1))
        graph.vs["id"] = users.to_pylist()
        for name in ("weight", "breadth", "window_s", "p_value"):
            graph.es[name] = ties[name].to_pylist()
        return graph

    def plot_timeline(self, ax: Axes | None = None) -> Axes:
        """Draw who liked what when: members by time, coloured by target.

        Parameters
        ----------
        ax
            Where to draw; a new figure where absent.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from graphkit.plots import plot_timeline

        return plot_timeline(self, ax)

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the members joined by their ties, in a layout that is the same every time.

        Parameters
        ----------
        ax
            Where to draw; a new figure where absent.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from graphkit.plots import plot_network

        return plot_network(self, ax)

    def plot_targets(self, ax: Axes | None = None) -> Axes:
        """Draw the targets by the ring's likes on them, beside the likes of everybody else.

        Parameters
        ----------
        ax
            Where to draw; a new figure where absent.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from graphkit.plots import plot_targets

        return plot_targets(self, ax)

    def __repr__(self) -> str:
        row = self.row
        sizes = f"{row['n_users']} users, {row['n_notes']} notes, {row['n_likes']} likes"
        return f"<Ring {self.ring_id}: {row['tier']}, {sizes}>"

    def _repr_html_(self) -> str:
        row = self.row
        numbers = {**row, **(row["evidence"] or {})}
        rows = [[code, sentence(code, numbers) if code in REASONS else code] for code in row["reasons"]]
        return html_table(repr(self)[1:-1], ["reason", "in words"], rows)
