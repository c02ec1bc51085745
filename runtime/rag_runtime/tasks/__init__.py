"""What an activation does: one executor per kind of node. Nothing here assumes a driver, a clock or a store."""
