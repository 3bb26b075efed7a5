"""What consensus needs of other modules: nothing."""
