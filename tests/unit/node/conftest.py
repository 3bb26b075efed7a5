"""Makes the small state machine and the in-memory block store importable by the node's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
