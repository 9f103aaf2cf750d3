"""The release of Casehub: the one place that says it. The package's metadata and `--version` of every program take it
from here, so a verifier that is a copied folder, without metadata, knows it too (decision 0024).
"""

VERSION = "0.2.0"
