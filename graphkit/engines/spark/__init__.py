"""The distributed engine: pairs are counted and weighed by the executors of a Spark cluster.

The one package that imports pyspark, and only when an engine is made.
"""

from graphkit.engines.spark.engine import SparkEngine

__all__ = ["SparkEngine"]
