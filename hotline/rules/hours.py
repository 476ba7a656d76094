"""One rule of opening hours: always, weekly windows, not stated, or the same as another line's."""

from typing import Literal, Self

from pydantic import model_validator

from hotline.rules.centre_facts import Part, Span, Window

HoursStatus = Literal["stated", "always", "assumed", "unstated", "same"]
HolidayPolicy = Literal["open", "closed", "assume_closed", "unstated", "own"]


class Hours(Part):
    """When a line is open. With status `unstated` it is never shown as open or closed."""

    always: bool = False
    hours: tuple[Window, ...] = ()
    hours_status: HoursStatus
    on_public_holiday: HolidayPolicy
    holiday_hours: tuple[Span, ...] = ()
    same_as: str = ""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, data: object) -> object:
        """What a file may leave out: status follows from the hours, holiday policy from the status."""
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if "hours_status" not in data:
            if not data.get("always") and not data.get("hours") and not data.get("same_as"):
                raise ValueError('give hours, always = true, same_as, or hours_status = "unstated"')
            stated = "always" if data.get("always") else "stated"
            data["hours_status"] = "same" if data.get("same_as") else stated
        defaults = {"always": "open", "unstated": "unstated", "same": "unstated"}
        data.setdefault("on_public_holiday", defaults.get(str(data["hours_status"]), "assume_closed"))
        return data

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.always != (self.hours_status == "always"):
            raise ValueError('"always" and hours_status disagree')
        if bool(self.same_as) != (self.hours_status == "same"):
            raise ValueError('"same_as" and hours_status disagree')
        if self.hours and self.hours_status in ("always", "unstated", "same"):
            raise ValueError(f'hours are given although they are "{self.hours_status}"')
        if not self.hours and self.hours_status in ("stated", "assumed"):
            raise ValueError(f'hours_status is "{self.hours_status}" and no hours are given')
        if self.always and self.on_public_holiday != "open":
            raise ValueError("a line that is always open cannot close on public holidays")
        if bool(self.holiday_hours) != (self.on_public_holiday == "own"):
            raise ValueError('holiday_hours belong to on_public_holiday = "own"')
        return self
