"""Who: units, people, roles, and the institution they speak for."""
