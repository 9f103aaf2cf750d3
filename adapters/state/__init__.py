"""What must survive a kill: the journal of what is sent, what was received, volumes, numbers, marks, stored content."""
