"""Who watches when; and whether the machine itself is awake."""
