"""Mediation 调解: disputes from the first asking to the file that is put away, in the order of steps that the law gives."""
