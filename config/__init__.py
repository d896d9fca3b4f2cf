"""The differences between two deployments, and nothing else: settings, the broker's topology, logs."""
