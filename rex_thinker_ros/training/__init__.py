"""The simulated tabletop and the training of the embedded pair."""
