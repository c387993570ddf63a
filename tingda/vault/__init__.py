"""Sealed identities: what a reporter told us of themselves, kept apart from the matter."""
