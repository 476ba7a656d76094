"""What a password must not be. Length does most of it; the rest refuses what anybody would try first."""

from typing import Final, Literal

SHORTEST, LONGEST = 12, 200
COMMON: Final = (
    "password", "qwerty", "qwertz", "haslo", "hasło", "zaq12wsx", "letmein", "admin", "welcome", "witaj",
    "1234567", "7654321", "abcdef", "iloveyou", "kocham", "polska", "matrix", "dragon", "monkey",
)  # fmt: skip
Weakness = Literal["short", "long", "login", "common", "plain"]


def weakness(password: str, login: str) -> Weakness | None:
    """Why this password is refused; None if it is good enough.

    A common word is refused where little else is left beside it: a sentence may well hold one.
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    folded = password.casefold()
    if len(login) > 2 and login.casefold() in folded:
        return "login"
    if len(set(folded)) < 5:
        return "plain"
    if any(word in folded and len(folded) - len(word) < SHORTEST - 4 for word in COMMON):
        return "common"
    return None
