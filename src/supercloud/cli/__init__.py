"""The `supercloud` command: one file for each noun, loaded only when it is used."""
