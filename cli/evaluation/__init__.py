"""How good the first page is: pictures whose labels are known are searched with, and what is found is counted."""
