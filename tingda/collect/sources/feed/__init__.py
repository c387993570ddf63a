"""Feeds: RSS, Atom, RDF, CDF, JSON Feed."""
