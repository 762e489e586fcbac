"""WasteHub: collection of hazardous waste from small firms, with a ledger that closes.

Imports nothing outside the standard library, so that the bootstrap works before set-up.
"""

__version__ = "0.1.0"
