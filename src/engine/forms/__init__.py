"""Camunda Forms (form-js JSON): `schema` reads and judges a form with its FEEL (`feel_texts`), `fields` judges one value,
`values` all that was filled in.
"""

from laneway.engine.forms.feel_texts import field_types
from laneway.engine.forms.fields import problem_text
from laneway.engine.forms.schema import check_form, read_schema
from laneway.engine.forms.values import defaults, labels, option_labels, prefill, validate

__all__ = [
    "check_form",
    "defaults",
    "field_types",
    "labels",
    "option_labels",
    "prefill",
    "problem_text",
    "read_schema",
    "validate",
]
