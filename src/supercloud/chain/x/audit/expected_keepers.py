"""What audit needs of others: nothing. A provider need not exist to be vouched for."""
