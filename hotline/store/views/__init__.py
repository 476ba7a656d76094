"""What pages show: reads for people, opened for those who may see them. Lists never show content."""

from hotline.store.views.casefiles import CaseNote, CaseRow, CaseView, case, case_list, case_row
from hotline.store.views.desk import ConsoleView, Duty, Me, Mine, OfferView, WaitingRow, console
from hotline.store.views.people import StaffRow, next_shifts, people, shifts, shifts_around
from hotline.store.views.talks import (
    Audience,
    ContactHead,
    Entry,
    address,
    caller_away,
    contact_head,
    earlier_contacts,
    entries_after,
    queue_place,
    summary,
)

__all__ = [
    "Audience",
    "CaseNote",
    "CaseRow",
    "CaseView",
    "ConsoleView",
    "ContactHead",
    "Duty",
    "Entry",
    "Me",
    "Mine",
    "OfferView",
    "StaffRow",
    "WaitingRow",
    "address",
    "caller_away",
    "case",
    "case_list",
    "case_row",
    "console",
    "contact_head",
    "earlier_contacts",
    "entries_after",
    "next_shifts",
    "people",
    "queue_place",
    "shifts",
    "shifts_around",
    "summary",
]
