"""Files (卷宗): what belongs in one, its number, and how a case is closed and put away."""
