"""What sending, receiving and auditing share of a transfer: its receipt, its parts, its numbers, the hub's inbox."""
