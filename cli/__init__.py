"""The command line: `lookalike serve | ingest | search | doctor`."""
