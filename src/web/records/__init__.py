"""Screens of records: lists, one record, its form, what waits for approval, and what is special about parties."""

from laneway.web.records import approvals, editing, goods, importing, merging, pages

blueprints = (pages.bp, editing.bp, approvals.bp, merging.bp, goods.bp, importing.bp)
"""What `create_app` registers."""
