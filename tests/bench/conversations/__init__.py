"""Conversations under load: the whole of ours beside a bare server that only stores a row and passes the text on."""
