"""What auth needs of other modules: nothing."""
