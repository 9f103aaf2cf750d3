"""What all tests share."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.services.fixtures"]

# No property is judged by the machine's speed. A test that suppresses another check says `too_slow` as well: its list
# stands for this one.
settings.register_profile("casehub", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("casehub")

# A shell that starts the suite in the background ignores SIGINT for it, and our programs would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
