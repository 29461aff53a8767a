"""graphkit finds groups that like together, and lists the likes they bought."""
