"""Mutants of the mass kernel and of the verifier, and the run that must kill them: see run.py."""
