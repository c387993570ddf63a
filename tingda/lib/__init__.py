"""Helpers that never heard of Tingda."""
