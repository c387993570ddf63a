"""Feeds: RSS, Atom, RDF."""
