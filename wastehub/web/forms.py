"""What a form shows again: the values typed, what is wrong with them, the version they started from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FormState:
    """State of one form for templates/_macros/form.html.

    `errors`  sentence by input name, "" for what concerns no single input. Names follow the `field`
              of RuleViolation ("mass_g", "containers.2.mass_g"); an input that takes kilograms is
              called mass_kg and shows the errors of mass_g too.
    `version` of the object when the form was opened; the service refuses a stale one.
    `dialog`  id of the dialog that holds the form, when it is to open again with its errors.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    idempotency_key: str = ""
    dialog: str = ""

    def value(self, name: str, default: Any = "") -> Any:
        found = self.values.get(name)
        return default if found is None else found

    def error(self, name: str) -> str:
        return self.errors.get(name) or self.errors.get(_in_grams(name), "")

    def anchor(self, error_name: str) -> str:
        """Name of the input that shows this error."""
        in_kg = error_name.removesuffix("_g") + "_kg"
        return in_kg if error_name.endswith("_g") and in_kg in self.values else error_name


def _in_grams(name: str) -> str:
    return name.removesuffix("_kg") + "_g" if name.endswith("_kg") else name
