"""Doors for people and machines: the desk, the public pages, the API."""
