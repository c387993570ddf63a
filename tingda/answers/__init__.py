"""Say it: draft, review, release, publish, correct."""
