"""What HJ 1259-2022 asks of a unit: periods, balance, batch codes, and the tables with every column."""
