"""What keeps tenants from harming the machine's owner and each other."""
