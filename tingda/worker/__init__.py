"""One loop; due rows are claimed and done."""
