"""What a person wants with a voice: asks, seeks help, complains, reports, suggests, thanks."""

SURE = 0.5
"""Probability from which an intent is told as found; below it a person is asked."""
