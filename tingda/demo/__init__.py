"""The demo institution: a fictional county town, its voices and what its office did."""
