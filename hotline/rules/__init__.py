"""Pure rules of the hotline: no clock, no database, no network; `now` is always an argument."""
