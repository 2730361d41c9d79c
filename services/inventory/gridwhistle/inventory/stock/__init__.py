"""What there is: resource types, where they are stored, and how much of each."""
