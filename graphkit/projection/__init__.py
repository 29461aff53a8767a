"""Projecting the bipartite graph to users: pair counting, the null, and the ladder of windows."""
