"""A telephone and chat hotline for crisis intervention centres."""
