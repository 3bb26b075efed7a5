"""The tenant's half of a deployment, received and kept until its leases end."""
