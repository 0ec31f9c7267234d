"""The audit: checks a finished run without the model's or the solver's code."""

from planner.audit.ledger import AuditResult
from planner.audit.run import audit

__all__ = ["AuditResult", "audit"]
