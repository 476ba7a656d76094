"""Everything a person can cause to go wrong: one class per fact, with its code, HTTP status and sentence.

The sentence a person reads comes from the catalogue under `error.<code>`; the class docstring is for
developers. Errors become answers in exactly two places: `web/middleware` and the bots' `receive`.
"""

from datetime import datetime
from typing import ClassVar


class HotlineError(Exception):
    """Root of all expected failures. `params` fill the sentence of the catalogue; they never hold content."""

    code: ClassVar[str] = "failed"
    status: ClassVar[int] = 400

    def __init__(self, **params: str | int) -> None:
        super().__init__(self.code)
        self.params = params


# -- what was sent ---------------------------------------------------------------------------------


class Malformed(HotlineError):
    """The request could not be read: broken JSON, a wrong type, a missing or unknown field."""

    code = "malformed"


class TextEmpty(HotlineError):
    """There is nothing but white space."""

    code = "text_empty"


class TextTooLong(HotlineError):
    """The text is longer than `limit` characters."""

    code = "text_too_long"
    status = 413


class TextMalformed(HotlineError):
    """The text holds a lone surrogate or a NUL and cannot be stored faithfully."""

    code = "text_malformed"


class BodyTooLarge(HotlineError):
    """The request body is larger than the server reads."""

    code = "body_too_large"
    status = 413


class SummaryIncomplete(HotlineError):
    """Mandatory fields of the card are missing or hold a value that is not offered; `fields` names them."""

    code = "summary_incomplete"
    status = 422


class PhoneWrong(HotlineError):
    """This is no telephone number that can be dialled."""

    code = "phone_wrong"
    status = 422


class SafeTimeWrong(HotlineError):
    """A safe time must last half an hour, lie ahead, and begin before the call-back expires."""

    code = "safe_time_wrong"
    status = 422


class NoSuchTime(HotlineError):
    """The clocks skip this time of day; `time` is what they show instead."""

    code = "no_such_time"
    status = 422


class CaseIncomplete(HotlineError):
    """A case needs a reason, a worker, a first visit or shelter request, and a safe way to reach the person."""

    code = "case_incomplete"
    status = 422


class ShiftInvalid(HotlineError):
    """A shift must end after it starts and last at most 24 hours."""

    code = "shift_invalid"


class HoursUnreadable(HotlineError):
    """Hours were not written like 8:00-16:00, or a day without any was meant to have some."""

    code = "hours_unreadable"
    status = 422


class DayInvalid(HotlineError):
    """A day is missing, over, or after the one it should come before."""

    code = "day_invalid"
    status = 422


class NothingChosen(HotlineError):
    """No line was chosen."""

    code = "nothing_chosen"
    status = 422


class ChangeInvalid(HotlineError):
    """The centre with this change would not hold together; `reason` says where, in the words of the file."""

    code = "change_invalid"
    status = 422


# -- who asks --------------------------------------------------------------------------------------


class NotSignedIn(HotlineError):
    """No valid session, or a caller's token that is unknown or revoked."""

    code = "not_signed_in"
    status = 401


class SignInFailed(HotlineError):
    """Unknown login, wrong password, or a link that was used or has expired; never says which."""

    code = "sign_in_failed"
    status = 401


class SignInBusy(HotlineError):
    """Too many passwords are being checked at once."""

    code = "sign_in_busy"
    status = 429


class TooSoon(HotlineError):
    """Too many tries: the next one is looked at after `seconds`."""

    code = "too_soon"
    status = 429


class CodeUnknown(HotlineError):
    """No talk goes on with this code: it was used, is too old, or never was one."""

    code = "code_unknown"
    status = 422


class OutcomeMissing(HotlineError):
    """A conversation that is a call-back ends after somebody has said how the call went."""

    code = "outcome_missing"
    status = 409


class ManyContacts(HotlineError):
    """So many contacts were begun from one network that new ones must wait `seconds`; danger never does."""

    code = "many_contacts"
    status = 429


class PasswordWeak(HotlineError):
    """A new password is too short, holds the login, or is one that anybody would try first."""

    code = "password_weak"
    status = 422


class CodeWrong(HotlineError):
    """The code of the authenticator app does not fit, or was used already."""

    code = "code_wrong"
    status = 401


class LinkGone(HotlineError):
    """A one-time link was used or has expired, or there never was one."""

    code = "link_gone"
    status = 410


class SecondStepNeeded(HotlineError):
    """The person's role asks for codes of an app, which must be set up before anything else."""

    code = "second_step_needed"
    status = 403


class ScreenLocked(HotlineError):
    """The person has gone from this screen: nothing is shown and nothing is taken until they unlock it."""

    code = "screen_locked"
    status = 423


class PasswordWrong(HotlineError):
    """Not the password of the person whose screen is locked, or there is none."""

    code = "password_wrong"
    status = 401


class NotAllowed(HotlineError):
    """The table of rights says no."""

    code = "not_allowed"
    status = 403


class ForeignOrigin(HotlineError):
    """A changing request or socket came from another site."""

    code = "foreign_origin"
    status = 403


class WallBreach(HotlineError):
    """The person would work with both sides of one conflict."""

    code = "wall_breach"
    status = 409


class InConflict(HotlineError):
    """The person is marked as being in conflict with this caller and must not have to do with them."""

    code = "in_conflict"
    status = 409


class LineNotServed(HotlineError):
    """The line is not among those the person may serve, by which the wall is kept."""

    code = "line_not_served"
    status = 409


# -- what it is about ------------------------------------------------------------------------------


class NotFound(HotlineError):
    """No such page or record; a record one may not see answers alike."""

    code = "not_found"
    status = 404


class LineUnknown(HotlineError):
    """The centre has no line with this id."""

    code = "line_unknown"
    status = 404


class LineClosed(HotlineError):
    """The line's hours say closed; `next_open` tells when it opens."""

    code = "line_closed"
    status = 409

    def __init__(self, next_open: datetime | None = None) -> None:
        super().__init__()
        self.next_open = next_open


class ChatDisabled(HotlineError):
    """This centre or line takes no live chat: hours unstated, go-live blockers, or no such channel."""

    code = "chat_disabled"
    status = 409


class HoursInCircle(HotlineError):
    """A line would keep the hours of one that keeps its own."""

    code = "hours_in_circle"
    status = 409


class NoHoursToChange(HotlineError):
    """A line that is always open, or whose hours are not stated, can be neither closed for a day nor opened."""

    code = "no_hours_to_change"
    status = 409


class LineInUse(HotlineError):
    """Contacts name the line, so it cannot be taken back."""

    code = "line_in_use"
    status = 409


class BlockerStands(HotlineError):
    """A go-live blocker cannot be removed while what it asks for is missing."""

    code = "blocker_stands"
    status = 409


class GoLiveBlocked(HotlineError):
    """Live chat cannot be switched on while blockers remain."""

    code = "go_live_blocked"
    status = 409


class StaffUnknown(HotlineError):
    """No such person on the staff."""

    code = "staff_unknown"
    status = 404


class LastAdministrator(HotlineError):
    """Somebody must be able to look after the staff."""

    code = "last_administrator"
    status = 409


class AnotherMustConfirm(HotlineError):
    """Nothing waits for this person's word: it was confirmed or has run out, or they asked for it themselves."""

    code = "another_must_confirm"
    status = 409


# -- what has happened meanwhile -------------------------------------------------------------------


class DraftChanged(HotlineError):
    """The draft was changed on another page of the same person; reading it again gives the text and its revision."""

    code = "draft_changed"
    status = 409


class NoteChanged(HotlineError):
    """Somebody else has written how to talk with this caller meanwhile; reading it again gives the newest words."""

    code = "note_changed"
    status = 409


class CallerUnknown(HotlineError):
    """Nothing tells this caller from another: no chat that lasts, no pseudonym."""

    code = "caller_unknown"
    status = 409


class OfferGone(HotlineError):
    """The offer was accepted elsewhere, declined, withdrawn, or its time has passed."""

    code = "offer_gone"
    status = 409


class ReasonNeeded(HotlineError):
    """What is not one's own is opened for a reason, which stays on record."""

    code = "reason_needed"
    status = 409


class NoLongerWaiting(HotlineError):
    """The contact is not in the queue: taken by somebody, over, or never there for this person."""

    code = "no_longer_waiting"
    status = 409


class ChangedHands(HotlineError):
    """The conversation is not, or no longer, with the person it was to be taken from."""

    code = "changed_hands"
    status = 409


class NotEligible(HotlineError):
    """The person chosen cannot be given this contact now."""

    code = "not_eligible"
    status = 409


class TransferGone(HotlineError):
    """Nobody asks this person to take the conversation any more: withdrawn, answered, over, or never asked."""

    code = "transfer_gone"
    status = 409


class ConsentNeeded(HotlineError):
    """The caller has not agreed that the conversation is passed on like this; a supervisor may decide it."""

    code = "consent_needed"
    status = 409


class NoRoom(HotlineError):
    """The person holds as many conversations as they may."""

    code = "no_room"
    status = 409


class NotOnDuty(HotlineError):
    """The person is not on duty for this line now."""

    code = "not_on_duty"
    status = 409


class ContactEnded(HotlineError):
    """The conversation is over; nothing more can be written."""

    code = "contact_ended"
    status = 409


class NoCheckDue(HotlineError):
    """No shift of the person begins or ends now, or another end of it than the one that was on the screen."""

    code = "no_check_due"
    status = 409


class NotTheHolder(HotlineError):
    """Only who holds the contact may do this."""

    code = "not_the_holder"
    status = 409


class WrongState(HotlineError):
    """The contact is not in a state in which this can be done."""

    code = "wrong_state"
    status = 409


class AlreadyExists(HotlineError):
    """There is one already (a login, a shift, a case of this contact)."""

    code = "already_exists"
    status = 409


class LeaseLost(HotlineError):
    """Another engine has taken over: this one may do nothing more under its old epoch."""

    code = "lease_lost"
    status = 409


# -- what is planned -------------------------------------------------------------------------------


class SeatTaken(HotlineError):
    """Somebody else sits in this seat of the line at that time."""

    code = "seat_taken"
    status = 409


class DoubleBooked(HotlineError):
    """The person has another exclusive shift at that time."""

    code = "double_booked"
    status = 409


class SkillExpired(HotlineError):
    """The person lacks `skill`, or its certificate ends before the shift does."""

    code = "skill_expired"
    status = 409


class RotationEmpty(HotlineError):
    """A rotation names nobody."""

    code = "rotation_empty"


class PatternInvalid(HotlineError):
    """Days, times or seats of a pattern do not fit together."""

    code = "pattern_invalid"


class SpanInvalid(HotlineError):
    """It must end after it starts."""

    code = "span_invalid"


class OverrideInvalid(HotlineError):
    """A replacement names who comes, and that is somebody else; other changes name nobody."""

    code = "override_invalid"


class DemandInvalid(HotlineError):
    """A demand asks for nobody, or its windows end before they start."""

    code = "demand_invalid"


class GapWouldOpen(HotlineError):
    """Within 72 hours nobody would be on duty for `line` from `start` to `end`; saved only when said twice."""

    code = "gap_would_open"
    status = 409


class RosterFrozen(HotlineError):
    """A published roster never changes; a new version or an override does."""

    code = "roster_frozen"
    status = 409


# -- what the installation lacks -------------------------------------------------------------------


class Unavailable(HotlineError):
    """A part we depend on does not answer; what was sent is not stored and should be sent again."""

    code = "unavailable"
    status = 503


class ConfigInvalid(HotlineError):
    """A setting is unknown, missing or wrong; the program does not start."""

    code = "config_invalid"
    status = 500

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(setting=setting, reason=reason)
        self.args = (f"{setting}: {reason}",)


class CopyFailed(HotlineError):
    """A backup, a restore or a move did not come out whole; `reason` is a sentence for an operator."""

    code = "copy_failed"
    status = 500

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.args = (reason,)


class CentreInvalid(HotlineError):
    """A centre file is wrong: which file, which key, and why."""

    code = "centre_invalid"
    status = 500

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(file=file, key=key, reason=reason)
        self.args = (f"{file}: {key}: {reason}",)


class TextIncomplete(HotlineError):
    """A text of the catalogue would go out with an empty or missing parameter."""

    code = "text_incomplete"
    status = 500


class KeyDestroyed(HotlineError):
    """The content was erased: its key no longer exists."""

    code = "key_destroyed"
    status = 410


class SealBroken(HotlineError):
    """A sealed value does not open: wrong master key, or the value was moved or changed."""

    code = "seal_broken"
    status = 500
