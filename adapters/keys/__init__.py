"""The agency's own keys and the keys that it trusts."""
