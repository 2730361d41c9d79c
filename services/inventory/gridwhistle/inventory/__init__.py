"""The emergency inventory 应急物资: what a county has for an emergency, where it is, and who gets it."""
