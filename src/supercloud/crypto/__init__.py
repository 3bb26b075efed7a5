"""Keys and signatures: secp256k1 of accounts, ed25519 of validators, multisig, HD derivation. No I/O but entropy."""
