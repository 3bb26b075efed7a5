"""The consensus parameters: sizes of blocks, age of evidence, kinds of validator keys."""
