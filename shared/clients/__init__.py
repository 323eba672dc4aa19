"""One typed client a service: each method is one call with a deadline, and raises `shared.errors`."""
