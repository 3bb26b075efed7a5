"""Deployment: what tenants ask for, in groups that are each placed with one provider."""
