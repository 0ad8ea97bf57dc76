"""Search for a network that fits a core: under limits of memory, operations and latency."""
