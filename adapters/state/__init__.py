"""What must survive a kill: what is sent and received, volumes, numbers, marks, promises, content, codebooks."""
