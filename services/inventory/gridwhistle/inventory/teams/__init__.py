"""Who comes in an emergency: teams with their members, how they are called, and social organisations that help."""
