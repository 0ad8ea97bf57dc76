"""The commands of `armsim nn`, a module for each group."""
