"""Values that every plane shares: addresses, ids, coins, decimals, attributes, resources, errors. Pure."""
