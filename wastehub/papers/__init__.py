"""What is printed: pure drawing of plain values with reportlab, in millimetres. No tables, no web."""
