"""The HTTP API, one module per resource. Handlers read the request, call the packages below, and build the response."""
