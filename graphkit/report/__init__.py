"""What people and machines read of a run: numbers formatted, never computed."""
