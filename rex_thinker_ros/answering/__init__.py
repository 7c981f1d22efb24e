"""From a query to its one result: everything that the node does, without ROS."""
