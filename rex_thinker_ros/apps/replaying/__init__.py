"""Commands given to a recorded bag, and what came of them."""
