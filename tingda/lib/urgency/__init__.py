"""How soon a voice has to be looked at, by what is at stake if nobody does for a day."""
