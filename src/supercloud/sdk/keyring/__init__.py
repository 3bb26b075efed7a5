"""Keys at rest. `Keyring` keeps named keys of one home in one of three backends; see README.md for the file form."""

from supercloud.sdk.keyring.keyring import Backend, Key, Keyring, KeyringError

__all__ = ["Backend", "Key", "Keyring", "KeyringError"]
