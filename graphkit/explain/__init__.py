"""Explanations: what a run can say about a ring, a user, a note or one like, for and against, in two languages."""

from __future__ import annotations

from graphkit.explain.ask import explain
from graphkit.explain.explanation import Explanation, Section
from graphkit.explain.story import RingStory, ring_stories, ring_story

__all__ = ["Explanation", "RingStory", "Section", "explain", "ring_stories", "ring_story"]
