"""The agency's audit of the log: promises, cosigning of checkpoints, reading and judging the whole log, complaints."""
