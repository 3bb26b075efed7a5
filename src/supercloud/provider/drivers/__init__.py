"""Drivers run workloads. `base` is what each of them does; `podman` is real, `mock` pretends."""
