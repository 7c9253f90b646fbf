"""How fast, against whom. See README.md; the command is ``python -m benchmarks``."""
