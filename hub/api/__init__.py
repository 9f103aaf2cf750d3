"""The HTTP surface, one module a resource. Handlers read the request, call `hub.exchange`, and shape the answer."""
