"""The record 台账: lines are added, never changed. Knows nothing of what stands above it."""
