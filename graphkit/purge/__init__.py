"""From a run to a batch that one can stand behind, and what hard rules would do instead; nothing here deletes."""

from graphkit.purge.batch import Batch, load_batch
from graphkit.purge.make import purge
from graphkit.purge.policy import Policy, load_policy

__all__ = ["Batch", "Policy", "load_batch", "load_policy", "purge"]
