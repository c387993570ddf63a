"""Carry a message to a person. The first carrier is the desk itself."""
