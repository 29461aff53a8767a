"""Reading likes: from Parquet to validated, immutable columns."""

from graphkit.likes.model import NO_TIME, UNKNOWN, Accounting, Likes, Notes, Users
from graphkit.likes.read import read_likes

__all__ = ["NO_TIME", "UNKNOWN", "Accounting", "Likes", "Notes", "Users", "read_likes"]
