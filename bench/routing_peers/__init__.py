"""What `wastehub bench routing` is made of: cases, solvers, runs in processes of their own, rows, report."""
