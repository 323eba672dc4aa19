"""The report that people look at: one HTML file that needs no other host, and its pictures beside it."""

from cli.evaluation.report.report import write

__all__ = ["write"]
