"""What holds for all tests."""

# Its plugin loads it when the results are printed, many calls deep, where the parser of Debian 12's Python 3.11.2 fails now
# and then ("AST constructor recursion depth mismatch", mended in 3.11.5); here it is loaded in time.
import hypothesis  # noqa: F401
