"""The door for browsers: it translates and decides nothing."""
