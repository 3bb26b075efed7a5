"""A machine that exists in memory only: for tests, and for work on the agent where no containers can run."""

from supercloud.provider.drivers.mock.driver import MockDriver
from supercloud.provider.drivers.mock.machine import Fault, MockMachine

__all__ = ["Fault", "MockDriver", "MockMachine"]
