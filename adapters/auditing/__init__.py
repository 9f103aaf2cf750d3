"""The agency watches the log: promised proofs, what it saw and cosigned, the whole log read and judged, complaints."""
