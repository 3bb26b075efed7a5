"""Fee auction: sells what the take collected in foreign coins for the native token, to whoever pays most."""
