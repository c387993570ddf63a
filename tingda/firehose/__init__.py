"""The same analysis on a distributed engine."""
