"""What exists already comes in: files that people have, through the public API of a suite, each row once."""
