"""Every table. Sealed columns are bytes and end in `_sealed`; everything else is coded and readable."""

from hotline.store.tables.alarms import alarms
from hotline.store.tables.callbacks import callbacks
from hotline.store.tables.cases import case_contacts, case_notes, cases
from hotline.store.tables.centre import centre_changes, notices
from hotline.store.tables.conflicts import conflicts
from hotline.store.tables.contacts import assignments, contacts, entries, offers, summaries, threads
from hotline.store.tables.drafts import drafts
from hotline.store.tables.handling import handling_notes
from hotline.store.tables.keys import key_ledger, sealing_keys
from hotline.store.tables.ladder import ladder_steps
from hotline.store.tables.parts import key_metadata, metadata
from hotline.store.tables.people import (
    recoveries,
    sessions,
    sign_in_links,
    sign_in_places,
    sign_in_tries,
    staff,
)
from hotline.store.tables.quarantines import quarantines
from hotline.store.tables.record import audit, counters, leases
from hotline.store.tables.roster import (
    absences,
    demands,
    duty_facts,
    gap_notices,
    overrides,
    patterns,
    roster_versions,
    rosters,
    shifts,
    skills,
)
from hotline.store.tables.schema import contractions, key_contractions
from hotline.store.tables.shift_checks import channel_signs, shift_checks
from hotline.store.tables.staff_notices import staff_chats, staff_notices
from hotline.store.tables.transfers import transfers
from hotline.store.tables.updates import parked
from hotline.store.tables.work import work

__all__ = [
    "absences",
    "alarms",
    "assignments",
    "audit",
    "callbacks",
    "case_contacts",
    "case_notes",
    "cases",
    "centre_changes",
    "channel_signs",
    "conflicts",
    "contacts",
    "contractions",
    "counters",
    "demands",
    "drafts",
    "duty_facts",
    "entries",
    "gap_notices",
    "handling_notes",
    "key_contractions",
    "key_ledger",
    "key_metadata",
    "ladder_steps",
    "leases",
    "metadata",
    "notices",
    "offers",
    "overrides",
    "parked",
    "patterns",
    "quarantines",
    "recoveries",
    "roster_versions",
    "rosters",
    "sealing_keys",
    "sessions",
    "shift_checks",
    "shifts",
    "sign_in_links",
    "sign_in_places",
    "sign_in_tries",
    "skills",
    "staff",
    "staff_chats",
    "staff_notices",
    "summaries",
    "threads",
    "transfers",
    "work",
]
