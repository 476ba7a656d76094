"""Whatever two people could do at once is settled here, by one statement or under one lock.

Locks are taken contact → thread → staff → lines of a roster, ascending. A lost race is zero rows, never an exception.
"""

from hotline.store.claims.alarms import end_alarms, end_alarms_but, raise_alarm, see_alarm
from hotline.store.claims.callbacks import add_callback, end_callback, tried
from hotline.store.claims.conflicts import end_conflict, mark_conflict
from hotline.store.claims.contacts import (
    add_contact,
    adopt,
    append_to,
    assign,
    caller_seen,
    callers_seen,
    change,
    change_hands,
    end_wrap_up,
    freed,
    hand_to,
    move,
    next_number,
    prolong_wrap_up,
    release,
    requeue,
    shut_thread,
    stored,
    take,
)
from hotline.store.claims.delivery import Claimed, claim_delivery, give_up_delivery, settle_delivery
from hotline.store.claims.drafts import drop_draft, drop_drafts, drop_spent, keep_draft
from hotline.store.claims.erasure import forget_callers, forget_subjects
from hotline.store.claims.handling import (
    add_handling_note,
    change_handling_note,
    forget_handling_notes,
    renew_handling_note,
)
from hotline.store.claims.ladder import answer_step, forget_steps, open_step
from hotline.store.claims.leases import drain_lease, give_lease_up, hold_lease, take_lease
from hotline.store.claims.locks import lock_contact, lock_people, lock_staff
from hotline.store.claims.offers import (
    close_offer,
    gave_a_sign,
    hold_offers_back,
    make_offer,
    withdraw_from,
    withdraw_offers,
)
from hotline.store.claims.parked import count_failure, end_parked, forget_tries, park
from hotline.store.claims.people import (
    ask_recovery,
    confirm_recovery,
    consoles_seen,
    count_try,
    one_staff_change_at_a_time,
    use_link,
    use_step,
)
from hotline.store.claims.quarantines import add_quarantine, held_back, review_quarantine
from hotline.store.claims.roster import edit_lines
from hotline.store.claims.staff_notices import (
    add_notices,
    claim_notice,
    link_chat,
    settle_notice,
    unlink_chat,
)
from hotline.store.claims.transfers import ask_transfer, move_transfer

__all__ = [
    "Claimed",
    "add_callback",
    "add_contact",
    "add_handling_note",
    "add_notices",
    "add_quarantine",
    "adopt",
    "answer_step",
    "append_to",
    "ask_recovery",
    "ask_transfer",
    "assign",
    "caller_seen",
    "callers_seen",
    "change",
    "change_handling_note",
    "change_hands",
    "claim_delivery",
    "claim_notice",
    "close_offer",
    "confirm_recovery",
    "consoles_seen",
    "count_failure",
    "count_try",
    "drain_lease",
    "drop_draft",
    "drop_drafts",
    "drop_spent",
    "edit_lines",
    "end_alarms",
    "end_alarms_but",
    "end_callback",
    "end_conflict",
    "end_parked",
    "end_wrap_up",
    "forget_callers",
    "forget_handling_notes",
    "forget_steps",
    "forget_subjects",
    "forget_tries",
    "freed",
    "gave_a_sign",
    "give_lease_up",
    "give_up_delivery",
    "hand_to",
    "held_back",
    "hold_lease",
    "hold_offers_back",
    "keep_draft",
    "link_chat",
    "lock_contact",
    "lock_people",
    "lock_staff",
    "make_offer",
    "mark_conflict",
    "move",
    "move_transfer",
    "next_number",
    "one_staff_change_at_a_time",
    "open_step",
    "park",
    "prolong_wrap_up",
    "raise_alarm",
    "release",
    "renew_handling_note",
    "requeue",
    "review_quarantine",
    "see_alarm",
    "settle_delivery",
    "settle_notice",
    "shut_thread",
    "stored",
    "take",
    "take_lease",
    "tried",
    "unlink_chat",
    "use_link",
    "use_step",
    "withdraw_from",
    "withdraw_offers",
]
