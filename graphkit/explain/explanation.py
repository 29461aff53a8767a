"""An explanation: sentences in sections, in one language, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphkit.display import clean, html_text
from graphkit.explain.words import Said, check_language


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences under a title.

    Attributes
    ----------
    name
        What it is, for machines: ``reasons``, ``counter_evidence`` and so on.
    title
        The title.
    lines
        The sentences.
    """

    name: str
    title: Said
    lines: tuple[Said, ...]


@dataclass(frozen=True)
class Explanation:
    """What a run says about a ring, a user, a note or one like.

    It prints as text, shows itself in a notebook, and `to_dict` is for machines.

    Attributes
    ----------
    subject
        What it is about: ``ring``, ``user`` and ``note`` by id, those that were asked for.
    lang
        ``"en"`` or ``"zh"``.
    headline
        The verdict in a sentence.
    sections
        Reasons, counter-evidence and whatever else there is to say.
    facts
        The numbers behind it, as plain values.
    """

    subject: Mapping[str, Any]
    lang: str
    headline: Said
    sections: tuple[Section, ...]
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_language(self.lang)

    def section(self, name: str) -> Section:
        """Return a section by name; ``KeyError`` when there is none."""
        for one in self.sections:
            if one.name == name:
                return one
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: subject, language, headline, sections with their sentences, and facts."""
        return {
            "subject": dict(self.subject),
            "lang": self.lang,
            "headline": self.headline.text(self.lang),
            **{one.name: [said.text(self.lang) for said in one.lines] for one in self.sections},
            "facts": dict(self.facts),
        }

    def __str__(self) -> str:
        parts = [self.headline.text(self.lang)]
        for one in self.sections:
            parts += ["", one.title.text(self.lang), *(f"- {said.text(self.lang)}" for said in one.lines)]
        return "\n".join(parts)

    def __repr__(self) -> str:
        about = ", ".join(f"{name} {clean(value)}" for name, value in self.subject.items())
        return f"<Explanation of {about}>"

    def _repr_html_(self) -> str:
        parts = [f'<div lang="{self.lang}"><p><strong>{html_text(self.headline.text(self.lang))}</strong></p>']
        for one in self.sections:
            lines = "".join(f"<li>{html_text(said.text(self.lang))}</li>" for said in one.lines)
            parts.append(f"<h4>{html_text(one.title.text(self.lang))}</h4><ul>{lines}</ul>")
        return "".join([*parts, "</div>"])
