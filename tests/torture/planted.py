"""Faults that are planted in a copy of the program, one at a time; each breaks a promise about conversations.

Where the program changes, the place moves with it: a fault whose words are not found exactly once is an error.
"""

from dataclasses import dataclass

JOURNAL = "tests/store/test_journal.py::"
STANDING = "tests/store/test_standing.py::"
SOCKETS = "tests/web/test_sockets.py::"
BOT = "tests/bots/"


@dataclass(frozen=True)
class Fault:
    """In `path` `old` becomes `new`. One of `tests` must fail, and `shows` must be what it says."""

    name: str
    promise: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
    shows: str = "assert"
    slow: bool = False  # more than a few seconds until it is seen


FAULTS = (
    # -- stored before it is acknowledged -----------------------------------------------------------------------
    Fault(
        "acknowledged-early",
        "an acknowledgement means that the words are committed",
        "hotline/store/groups.py",
        """        connection.execute("BEGIN IMMEDIATE")
        try:
            judged = self._write(connection, lines, now)
            connection.execute("COMMIT")
""",
        """        if connection.in_transaction:
            connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        try:
            judged = self._write(connection, lines, now)
""",
        (JOURNAL + "test_the_same_line_twice_in_one_group_is_stored_once[sqlite]",),
        slow=True,
    ),
    Fault(
        "not-on-disk",
        "a database that keeps commits in memory only is refused",
        "hotline/store/durability.py",
        """if row.setting == "off")""",
        """if row.setting == "off" and row.name != "synchronous_commit")""",
        ("tests/store/test_durability.py::test_synchronous_commit_off_for_our_role_is_seen",),
    ),
    Fault(
        "one-takes-all",
        "a line that the database refuses does not take the others of its group with it",
        "hotline/store/journal.py",
        "            if len(batch) == 1:\n",
        "            if batch:\n",
        (JOURNAL + "test_a_line_the_database_refuses_does_not_take_the_others_with_it[sqlite]",),
    ),
    # -- once ---------------------------------------------------------------------------------------------------
    Fault(
        "no-unique-id",
        "no message is stored twice, whoever forgets to ask",
        "hotline/store/tables/contacts.py",
        """    UniqueConstraint("contact_id", "id"),\n""",
        "",
        ("tests/store/test_migrations.py",),
    ),
    Fault(
        "repeat-not-known",
        "a message that comes again is answered as stored",
        "hotline/store/lines.py",
        "elif stand is not None and stand.seq is not None and stand.at is not None:",
        "elif stand is not None and stand.seq is not None and stand.at is not None and stand.open:",
        (JOURNAL + "test_a_repeat_is_answered_as_stored_when_its_thread_is_shut[sqlite]",),
        shows="ContactEnded",
    ),
    Fault(
        "flagged-repeat-not-known",
        "words that raise the priority are answered as stored when they come again",
        "hotline/actions/messages.py",
        """        stored = await claims.stored(tx, contact_id, line.id)
        if stored is not None:
            return stored
        if row is not None""",
        "        if row is not None",
        (JOURNAL + "test_a_repeat_of_flagged_words_is_answered_alike_after_the_end[sqlite]",),
        shows="ContactEnded",
    ),
    Fault(
        "retry-is-another",
        "an update of Telegram that comes again after a restart changes nothing",
        "bots/telegram/receive.py",
        """        return f"tg:{update_id}"\n""",
        """        return f"tg:{update_id}:{id(self)}"\n""",
        (BOT + "test_confirmation.py::test_killed_between_commit_and_confirmation[sqlite]",),
    ),
    # -- in order -------------------------------------------------------------------------------------------------
    Fault(
        "number-without-lock",
        "a number is taken under the lock of its thread",
        "hotline/store/groups.py",
        "        ORDER BY contact_id FOR NO KEY UPDATE SKIP LOCKED\n",
        "        ORDER BY contact_id\n",
        (JOURNAL + "test_a_thread_that_an_action_holds_waits_and_the_others_go_on[postgres]",),
        shows="ExceptionGroup",
        slow=True,
    ),
    Fault(
        "order-of-ids",
        "words are shown in the order in which they were stored",
        "hotline/store/views/talks.py",
        """staff.c.id == entries.c.author_id)
        .order_by(entries.c.seq)
""",
        """staff.c.id == entries.c.author_id)
        .order_by(entries.c.id)
""",
        (SOCKETS + "test_a_long_absence_comes_in_several_frames_without_a_gap",),
    ),
    Fault(
        "sent-out-of-order",
        "what goes out to one person goes in order",
        "hotline/store/claims/delivery.py",
        "            ~_BLOCKED,\n",
        "",
        ("tests/store/test_claims.py::test_each_entry_is_claimed_once_and_in_order[sqlite]",),
    ),
    # -- whoever looks sees all of it, once ---------------------------------------------------------------------
    Fault(
        "caller-skips",
        "a caller's page misses nothing between two frames",
        "hotline/web/caller_live.py",
        "            self._after = max(self._after, rows[-1].seq)\n",
        "            self._after = max(self._after, rows[-1].seq + 1)\n",
        (SOCKETS + "test_frames_come_after_the_cursor_and_nothing_comes_twice",),
        shows="TimeoutError",
        slow=True,
    ),
    Fault(
        "console-skips",
        "a console misses nothing between two frames",
        "hotline/web/console_live.py",
        "                return False\n            cursor.after = rows[-1].seq\n",
        "                return False\n            cursor.after = rows[-1].seq + 1\n",
        (SOCKETS + "test_a_console_is_shown_every_word_once_and_in_order",),
        shows="TimeoutError",
        slow=True,
    ),
    Fault(
        "hole-at-hand",
        "what is kept at hand of a conversation has no hole where another process wrote",
        "hotline/store/recent.py",
        "if tail is None or tail.newest < start:",
        "if tail is None:",
        ("tests/store/test_recent.py::test_where_another_process_wrote_there_is_no_hole",),
    ),
    Fault(
        "content-with-the-old",
        "who is told to look finds the last word, also where another process wrote it",
        "hotline/store/recent.py",
        "                return None\n            self.doubt(contact_id)\n",
        "                return None\n",
        (
            "tests/web/test_news.py::test_who_looks_finds_the_last_word_and_not_the_last_one_known_here[sqlite]",
        ),
    ),
    Fault(
        "heard-before-it-was-said",
        "a word that is stored while a desk is read is not taken for heard",
        "hotline/store/views/mine.py",
        """    talks = (await tx.connection.execute(tx.made(_HELD), {"holders": list(roles)})).all()
    turn = {each.contact_id: each for each in await turns(tx, holders=roles)}
""",
        """    turn = {each.contact_id: each for each in await turns(tx, holders=roles)}
    talks = (await tx.connection.execute(tx.made(_HELD), {"holders": list(roles)})).all()
""",
        (
            "tests/store/test_mine.py::test_a_word_that_comes_while_a_desk_is_read_is_not_taken_for_heard[postgres-after]",
        ),
    ),
    Fault(
        "only-pokes",
        "Redis only hurries: what no poke told is found by looking",
        "hotline/live/hub.py",
        "if seen else ():\n",
        "if seen and self._bus.hears_since is None else ():\n",
        ("tests/live/test_bus.py::test_a_poll_finds_what_no_poke_told",),
    ),
    Fault(
        "poke-of-nothing",
        "whoever listens to a conversation is told at once that something was said",
        "hotline/system.py",
        "changed = {topics.words(contact_id) for contact_id in contact_ids}",
        "changed = {topics.words(contact_id) for contact_id in ()}",
        (SOCKETS + "test_words_over_the_line_are_acknowledged_once_stored[sqlite]",),
        shows="TimeoutError",
        slow=True,
    ),
    Fault(
        "one-reader-at-a-time",
        "a page that takes nothing keeps no other waiting",
        "hotline/web/wire.py",
        """    async def room(self) -> None:
""",
        """    TURN = asyncio.Lock()

    async def room(self) -> None:
        async with self.TURN:
            await self._room_in_turn()

    async def _room_in_turn(self) -> None:
""",
        (SOCKETS + "test_a_page_that_takes_nothing_keeps_no_other_waiting",),
    ),
    # -- who may ----------------------------------------------------------------------------------------------------
    Fault(
        "holder-not-asked",
        "nobody but the holder speaks in a conversation, whatever was true when they began to write",
        "hotline/store/lines.py",
        """line.author == "staff" and line.author_id != stand.holder_id""",
        """line.author == "staff" and stand.holder_id is None""",
        (JOURNAL + "test_one_refused_line_does_not_take_the_others_with_it[sqlite]",),
    ),
    Fault(
        "memory-believed",
        "what the journal remembers of a talk is believed only while it is so",
        "hotline/store/groups.py",
        "                AND c.holder_id IS NOT DISTINCT FROM m.holder_id\n",
        "",
        (STANDING + "test_who_holds_it_now_is_not_taken_from_memory[postgres]",),
        shows="NotTheHolder",
    ),
    Fault(
        "rights-believed",
        "nor is it remembered who was signed in",
        "hotline/store/groups.py",
        "            WHERE m.revision IS NULL OR m.revision = h.revision\n",
        "",
        (STANDING + "test_whoever_was_signed_out_is_refused_and_with_new_rights_let_in[postgres]",),
        shows="DID NOT RAISE",
    ),
    Fault(
        "end-not-seen",
        "no word gets into a conversation that has just ended",
        "hotline/store/lines.py",
        "    if not stand.open or stand.state not in WRITABLE[(line.author, line.kind)]:\n",
        "    if not stand.open:\n",
        (JOURNAL + "test_an_end_that_comes_first_is_seen_by_the_line_behind_it[sqlite]",),
    ),
    Fault(
        "dead-secret-writes",
        "who was let in by a secret that died since writes no more",
        "hotline/store/lines.py",
        "    if line.caller_blind is not None and line.caller_blind != stand.caller_blind:\n",
        "    if line.caller_blind is not None and stand.caller_blind not in (None, line.caller_blind):\n",
        (SOCKETS + "test_a_secret_that_died_lets_no_word_in[ordinary]",),
    ),
    Fault(
        "dead-secret-raises",
        "nor by words that raise the priority",
        "hotline/actions/messages.py",
        "if row is not None and line.caller_blind not in (None, row.caller_blind):",
        "if row is not None and line.caller_blind not in (None, row.caller_blind, line.caller_blind):",
        (SOCKETS + "test_a_secret_that_died_lets_no_word_in[flagged]",),
    ),
    Fault(
        "quick-exit-half",
        "after a quick exit the secret opens nothing",
        "hotline/actions/contacts.py",
        """            changes["caller_blind"] = None\n""",
        """            changes["caller_blind"] = row.caller_blind\n""",
        ("tests/actions/test_contacts.py::test_a_quick_exit_kills_the_token_and_keeps_the_contact[sqlite]",),
        shows="DID NOT RAISE",
    ),
    Fault(
        "signed-out-stays",
        "a console whose person was signed out closes",
        "hotline/web/console_live.py",
        "            if looks or topics.rights(self._actor.id) in changed:\n",
        "            if looks:\n",
        (SOCKETS + "test_signing_out_elsewhere_closes_the_socket",),
        shows="TimeoutError",
        slow=True,
    ),
    Fault(
        "signed-out-speaks",
        "nor does that person say another word over its line",
        "hotline/web/console_live.py",
        "revision=self._session.revision)",
        "revision=None)",
        (SOCKETS + "test_whoever_is_signed_out_says_no_more_although_nobody_told_the_line",),
    ),
    Fault(
        "words-moved",
        "sealed words open in their own place only",
        "hotline/vault.py",
        """    return f"{table}|{owner_id}|{row_id}".encode()\n""",
        """    return f"{table}|{owner_id}".encode()\n""",
        ("tests/test_vault.py::test_a_moved_value_does_not_open",),
        shows="DID NOT RAISE",
    ),
    # -- Telegram ----------------------------------------------------------------------------------------------------
    Fault(
        "offset-moves-early",
        "polling confirms an update when it is stored, and not before",
        "bots/telegram/polling.py",
        "        return min(self._open, default=self._next)\n",
        "        return self._next\n",
        (BOT + "test_confirmation.py::test_the_offset_stays_until_the_commit[sqlite-fails]",),
        slow=True,
    ),
    Fault(
        "200-for-nothing",
        "the webhook says 200 when an update is stored, and not before",
        "bots/telegram/webhook.py",
        "            return web.Response(status=503",
        "            return web.Response(status=200",
        (BOT + "test_webhook.py::test_503_while_the_database_is_away[sqlite-fails]",),
    ),
    Fault(
        "sent-before-sending",
        "a message is marked as sent once Telegram took it",
        "hotline/store/claims/delivery.py",
        """.values(delivery="sending",""",
        """.values(delivery="sent",""",
        ("tests/store/test_claims.py::test_what_was_claimed_by_a_dead_process_is_claimed_again[sqlite]",),
    ),
    Fault(
        "never-again",
        "what Telegram did not take is tried again",
        "hotline/channels.py",
        """                await self._settle(row, "pending", pause)\n""",
        """                await self._settle(row, "failed", pause)\n""",
        (BOT + "test_delivery.py::test_network_trouble_is_tried_again",),
        slow=True,
        shows="Failed: never",
    ),
    # -- when a process ends ------------------------------------------------------------------------------------
    Fault(
        "no-good-bye",
        "every page is told that the process goes, so that it reconnects",
        "hotline/web/wire.py",
        "socket.close(code=WSCloseCode.GOING_AWAY, drain=False)",
        "socket.close(code=WSCloseCode.OK, drain=False)",
        (SOCKETS + "test_when_the_house_closes_every_page_is_told_that_it_comes_back",),
    ),
    Fault(
        "cut-off-in-flight",
        "what is under way when a process is told to end is finished",
        "hotline/app.py",
        "                    await doors.aclose()  # while the journal still commits what is under way\n",
        "                    [task.cancel() for task in running]\n                    await doors.aclose()\n",
        ("tests/flows/test_endings.py::test_a_web_process_ends_under_load_and_nobody_notices",),
        slow=True,
    ),
)
