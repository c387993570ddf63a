"""The only writers of what was heard: a file for each area of it."""
