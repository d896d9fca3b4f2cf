"""What differs between two deployments, and nothing else: the settings, the broker's topology, the logs."""
