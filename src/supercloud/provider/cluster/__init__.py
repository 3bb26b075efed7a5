"""What should run against what runs: `reconcile` decides (pure), `service` acts."""
