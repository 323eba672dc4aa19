"""Every wire format, as frozen pydantic models: what the services say to each other and to their users."""
