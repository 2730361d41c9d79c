"""Where people go and what keeps them there: shelters, and points of water, power, light, food and beds."""
