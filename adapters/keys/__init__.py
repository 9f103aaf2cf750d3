"""The agency's own keys, and whose keys it trusts."""
