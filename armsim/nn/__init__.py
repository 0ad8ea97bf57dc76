"""Neural networks for the firmware: features, data, training, 8-bit weights and their export."""
