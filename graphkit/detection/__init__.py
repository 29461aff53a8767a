"""The main job, from likes to a run, and the run as an object and as a directory."""

from graphkit.detection.detect import detect
from graphkit.detection.run import Detection, Ring, load

__all__ = ["Detection", "Ring", "detect", "load"]
