"""The only writers of readings, topics and watches: a file for each area of it."""
