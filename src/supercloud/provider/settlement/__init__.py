"""Getting paid: withdrawals in batches, and a look at accounts that will run dry."""
