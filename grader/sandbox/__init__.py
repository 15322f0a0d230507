"""Our side of the wall: starting workers, talking to them under a deadline, ending them."""

from grader.sandbox.protocol import Config, Death, Sandbox, Worker

__all__ = ["Config", "Death", "Sandbox", "Worker"]
