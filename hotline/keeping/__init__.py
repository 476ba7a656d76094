"""What an operator does with all that is kept: move it, copy it, bring it back, and erase from it."""
