"""What is wrong with a definition."""


class EncodingError(Exception):
    """A definition that cannot stand: its width, its fields, its operands or an overlap."""
