"""Where pictures with labels come from, and how they are divided into a gallery and queries."""
