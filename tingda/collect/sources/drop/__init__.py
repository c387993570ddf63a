"""A folder and an address to which another system delivers."""
