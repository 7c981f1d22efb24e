"""Memory of the models: what they will need, what is free, what is taken, and when it runs out."""
