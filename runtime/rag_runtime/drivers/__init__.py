"""What performs a machine's commands. A driver has no policy: what happens next is the machine's to say."""
