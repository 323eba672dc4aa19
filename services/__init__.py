"""The three services. None imports another: they meet over HTTP, in the words of `shared.contracts`."""
