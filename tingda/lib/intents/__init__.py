"""What a person wants with a voice: asks, seeks help, complains, reports, suggests, thanks."""
