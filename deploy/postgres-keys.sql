-- Wrapped keys live in a database of their own, which is never part of the main dump.
CREATE DATABASE hotline_keys OWNER hotline;
