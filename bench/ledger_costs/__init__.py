"""Parts of `wastehub bench ledger`: what each row of its page measures."""
