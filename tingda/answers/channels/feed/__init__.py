"""The Atom feed of answers."""
