"""Scripts behind the numbers of README.md and docs/."""
