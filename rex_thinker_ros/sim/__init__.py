"""A simulated tabletop with a camera and a gripper, and a node that picks from it."""
