"""Where the state lives: branches with undo, a Merkle commitment with proofs, gas. A Backend is handed in; no I/O here."""
