"""Watches: a small language for "tell me when somebody says this", and an engine for many rules."""
