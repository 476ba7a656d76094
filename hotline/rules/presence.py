"""How long signs of life last. No timer in a page decides any of these."""

from datetime import timedelta
from typing import Final

CONSOLE_PING: Final = timedelta(seconds=10)
CALLER_PING: Final = timedelta(seconds=30)
TOKEN_LIFE: Final = timedelta(minutes=15)  # a lost network keeps the caller's token this long
LEAVING_GRACE: Final = timedelta(seconds=5)  # a reload is not leaving
SESSION_IDLE: Final = timedelta(minutes=30)  # off duty
SESSION_LIFE: Final = timedelta(hours=12)
SHIFT_GRACE: Final = timedelta(hours=1)  # a session ends an hour after the shift
LINK_LIFE: Final = timedelta(hours=12)
INVITATION_LIFE: Final = timedelta(hours=24)
RECOVERY_WAITS: Final = timedelta(hours=24)  # for the second person
RECOVERY_LIFE: Final = timedelta(hours=1)
SECOND_STEP_LIFE: Final = timedelta(minutes=5)  # between the password and the code
LOOK_LIFE: Final = timedelta(hours=1)  # so long one reason opens what is not one's own
