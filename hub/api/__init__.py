"""The HTTP surface, one module a resource. Handlers read the request, call the rooms below, and shape the answer."""
