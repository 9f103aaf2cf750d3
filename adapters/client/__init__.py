"""The client of the hub: signed requests, an in-process hub for tests, retries, codebook releases."""
