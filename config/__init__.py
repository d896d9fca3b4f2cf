"""Everything that differs between two deployments: settings, the broker's topology, logs."""
