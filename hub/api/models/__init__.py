"""Models of requests and responses of the HTTP operations, by resource: the names and members of the OpenAPI document.

These models only describe; the packages behind `hub.api` build the responses and check the requests, so that nothing is
built or checked twice. `tests/hub/api/test_surface.py` compares real requests and responses with them.
"""
