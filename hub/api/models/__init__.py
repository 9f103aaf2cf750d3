"""What the hub's HTTP operations take and answer, by resource: the names and members of the OpenAPI document.

These models describe; the rooms behind `hub.api` make the answers and judge the requests, so that no answer is built or
checked twice. `tests/hub/api/test_surface.py` holds real requests and answers against them.
"""
