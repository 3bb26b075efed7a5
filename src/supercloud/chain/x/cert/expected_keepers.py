"""What cert needs of others: nothing."""
