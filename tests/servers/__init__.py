"""Local servers of the tests: good guests need bad hosts to be tried on."""
