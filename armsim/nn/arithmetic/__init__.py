"""What the kernels compute, in NumPy, for batches: the tests of the kernels compare with it too."""
