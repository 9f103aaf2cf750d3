"""The line to the hub: signed requests, an in-process hub for tests, when to try again, what comes along."""
