"""Scoring: which likes are coordinated, who belongs to a ring, and what speaks for and against it."""
