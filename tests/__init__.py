"""Tests come in by the doors people use."""
