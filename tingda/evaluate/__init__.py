"""Measure quality and speed on a user's own data."""
