"""What a collection costs the generator. The tariffs are configuration; no official fee was found."""

from __future__ import annotations


def price_fen(mass_g: int, *, price_fen_per_kg: int, minimum_fen: int = 0) -> int:
    """Fen for a mass, rounded half up to a whole fen, and at least the minimum."""
    if mass_g <= 0 or price_fen_per_kg < 0 or minimum_fen < 0:
        raise ValueError(f"no price for {mass_g} g at {price_fen_per_kg} fen/kg, minimum {minimum_fen} fen")
    return max(minimum_fen, (mass_g * price_fen_per_kg + 500) // 1_000)
