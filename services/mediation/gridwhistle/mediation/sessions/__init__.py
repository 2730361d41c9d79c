"""Sessions (调解会): notices, who is there, the record and its signatures; what is done when it becomes dangerous or false."""
