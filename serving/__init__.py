"""The server layer: uvicorn behind a guard that bounds what strangers can take.

| module | holds |
| --- | --- |
| `limits` | every limit of a connection |
| `descriptors` | how many connections the file descriptors of this process allow |
| `places` | who gets a place, and who makes room for whom |
| `door` | accepts connections, TLS handshakes included |
| `guarded` | one connection: its head, its body, its answer, each within bounds |
| `server` | uvicorn's server with these doors |

Nothing here knows the hub or an adapter: both serve through it.
"""
