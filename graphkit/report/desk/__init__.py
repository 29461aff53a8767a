"""The investigation desk: a run as a page that opens from disk, asks no network, and takes verdicts."""

from __future__ import annotations

from graphkit.report.desk.files import FOLDER, PAGE, report_files

__all__ = ["FOLDER", "PAGE", "report_files"]
