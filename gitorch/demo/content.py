"""What the demo builds: the spec's calendar-v2 plan, and what each of its five workers delivers.

Only data; the code of the small calendar is real and its tests are the build's validator.
"""

from dataclasses import dataclass, field

SLUG = "calendar-v2"

PLAN = """\
# Build Plan: calendar-v2

## Wave 1: Foundation
- W1.1: Database Schema — Define tables, relations, types
- W1.2: API Routes — Stub all CRUD endpoints

## Wave 2: Core Features
- W2.1: Event CRUD — Implement create/read/update/delete (depends: W1.1, W1.2)
- W2.2: Calendar Views — Month/week/day rendering (depends: W1.1)

## Wave 3: Polish
- W3.1: Recurring Events — Implement recurrence rules (depends: W2.1)
"""


@dataclass(frozen=True)
class Deed:
    """What one worker writes (path → text) and reports."""

    files: dict[str, str]
    summary: str
    lists: dict[str, list[str]] = field(default_factory=dict)
    tries_to_commit: bool = False


_SCHEMA = '''\
"""The calendar's tables."""

import sqlite3

TABLES = {
    "calendars": "id TEXT PRIMARY KEY, name TEXT NOT NULL, deleted_at TEXT",
    "events": "id TEXT PRIMARY KEY, calendar_id TEXT NOT NULL REFERENCES calendars(id),"
    " title TEXT NOT NULL, starts_at TEXT NOT NULL, ends_at TEXT NOT NULL, deleted_at TEXT",
    "attendees": "event_id TEXT NOT NULL REFERENCES events(id), email TEXT NOT NULL",
    "reminders": "event_id TEXT NOT NULL REFERENCES events(id), minutes_before INTEGER NOT NULL",
    "rules": "event_id TEXT NOT NULL REFERENCES events(id), frequency TEXT NOT NULL, count INTEGER",
}


def connect(path: str = ":memory:") -> sqlite3.Connection:
    """An open database that has every table."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = ON")
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    return connection
'''

_TEST_SCHEMA = """\
import unittest
from contextlib import closing

from calendar_v2.schema import TABLES, connect


class Schema(unittest.TestCase):
    def test_every_table_is_there(self):
        with closing(connect()) as db:
            names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        self.assertEqual(names, set(TABLES))
"""

_ROUTES = '''\
"""Which method and path leads to which operation."""

RESOURCES = ("calendars", "events", "attendees")
ACTIONS = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}

ROUTES = {
    (method, f"/{resource}"): f"{action}_{resource}"
    for resource in RESOURCES
    for method, action in ACTIONS.items()
}
'''

_TEST_ROUTES = """\
import unittest

from calendar_v2.routes import ROUTES


class Routes(unittest.TestCase):
    def test_twelve_endpoints(self):
        self.assertEqual(len(ROUTES), 12)
        self.assertEqual(ROUTES["POST", "/events"], "create_events")
"""

_EVENTS = '''\
"""Create, read, update and delete events; a deleted event stays in its table."""

import sqlite3
import uuid


def create(db: sqlite3.Connection, calendar: str, title: str, starts_at: str, ends_at: str) -> str:
    """The new event's id."""
    event = str(uuid.uuid4())
    db.execute("INSERT OR IGNORE INTO calendars (id, name) VALUES (?, ?)", (calendar, calendar))
    db.execute(
        "INSERT INTO events (id, calendar_id, title, starts_at, ends_at) VALUES (?, ?, ?, ?, ?)",
        (event, calendar, title, starts_at, ends_at),
    )
    return event


def read(db: sqlite3.Connection, event: str) -> tuple[str, str, str] | None:
    """(title, starts_at, ends_at), or None when it is not there or deleted."""
    query = "SELECT title, starts_at, ends_at FROM events WHERE id = ? AND deleted_at IS NULL"
    return db.execute(query, (event,)).fetchone()


def update(db: sqlite3.Connection, event: str, title: str) -> None:
    """Give the event another title."""
    db.execute("UPDATE events SET title = ? WHERE id = ?", (title, event))


def delete(db: sqlite3.Connection, event: str) -> None:
    """Hide the event."""
    db.execute("UPDATE events SET deleted_at = datetime('now') WHERE id = ?", (event,))
'''

_TEST_EVENTS = """\
import unittest
from contextlib import closing

from calendar_v2 import events
from calendar_v2.schema import connect


class Events(unittest.TestCase):
    def test_an_event_lives_and_goes(self):
        with closing(connect()) as db:
            event = events.create(db, "home", "Tea", "2026-01-18T16:00", "2026-01-18T17:00")
            events.update(db, event, "Coffee")
            self.assertEqual(events.read(db, event)[0], "Coffee")
            events.delete(db, event)
            self.assertIsNone(events.read(db, event))
"""

_VIEWS = '''\
"""The days that a month, a week or a day shows."""

import calendar
from datetime import date, timedelta


def month(day: date) -> list[list[date]]:
    """The weeks of the month, Monday first, whole weeks only."""
    return calendar.Calendar().monthdatescalendar(day.year, day.month)


def week(day: date) -> list[date]:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=offset) for offset in range(7)]
'''

_TEST_VIEWS = """\
import unittest
from datetime import date

from calendar_v2 import views


class Views(unittest.TestCase):
    def test_a_week_begins_on_monday(self):
        self.assertEqual(views.week(date(2026, 1, 18))[0], date(2026, 1, 12))

    def test_a_month_is_whole_weeks(self):
        self.assertTrue(all(len(week) == 7 for week in views.month(date(2026, 1, 18))))
"""

_RECURRENCE = '''\
"""When an event with a rule takes place."""

from collections.abc import Iterator
from datetime import date, timedelta

STEPS = {"daily": 1, "weekly": 7}


def occurrences(first: date, frequency: str, count: int) -> Iterator[date]:
    """The first `count` days of the rule."""
    for number in range(count):
        yield first + timedelta(days=STEPS[frequency] * number)
'''

_TEST_RECURRENCE = """\
import unittest
from datetime import date

from calendar_v2.recurrence import occurrences


class Recurrence(unittest.TestCase):
    def test_weekly(self):
        days = list(occurrences(date(2026, 1, 18), "weekly", 3))
        self.assertEqual(days[-1], date(2026, 2, 1))
"""

DEEDS = {
    "W1.1": Deed(
        {"calendar_v2/schema.py": _SCHEMA, "tests/test_schema.py": _TEST_SCHEMA},
        "5 tables, soft-delete pattern",
        {
            "decisions": ["Chose UUID over auto-increment for portability"],
            "learnings": ["SQLite needs PRAGMA foreign_keys on every connection"],
            "concerns": ["May need index optimization for recurring events query"],
        },
    ),
    "W1.2": Deed(
        {"calendar_v2/routes.py": _ROUTES, "tests/test_routes.py": _TEST_ROUTES},
        "12 endpoints stubbed",
        tries_to_commit=True,
    ),
    "W2.1": Deed(
        {"calendar_v2/events.py": _EVENTS, "tests/test_events.py": _TEST_EVENTS},
        "Create, read, update and delete, all on the soft-delete pattern",
    ),
    "W2.2": Deed(
        {"calendar_v2/views.py": _VIEWS, "tests/test_views.py": _TEST_VIEWS},
        "Month and week views; a day is a week's column",
        {"decisions": ["Weeks begin on Monday"]},
    ),
    "W3.1": Deed(
        {"calendar_v2/recurrence.py": _RECURRENCE, "tests/test_recurrence.py": _TEST_RECURRENCE},
        "Daily and weekly rules",
        {"follow_up": ["Monthly rules need a decision about the 31st"]},
    ),
}
