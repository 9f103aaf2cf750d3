"""The agency audits the log: promises held, checkpoints cosigned, the whole log read and judged, complaints."""
