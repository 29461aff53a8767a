"""Reading likes: from Parquet to validated, immutable columns."""
