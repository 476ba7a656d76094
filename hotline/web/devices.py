"""What kind of device somebody uses, in one coarse word each for browser and system; nothing else is kept."""

from typing import Final

BROWSERS: Final = (("Edg", "edge"), ("OPR", "opera"), ("Firefox", "firefox"), ("FxiOS", "firefox"),
                   ("SamsungBrowser", "samsung"), ("CriOS", "chrome"), ("Chrome", "chrome"),
                   ("Safari", "safari"))  # fmt: skip
SYSTEMS: Final = (("Android", "android"), ("iPhone", "iphone"), ("iPad", "ipad"), ("Windows", "windows"),
                  ("Mac OS", "mac"), ("CrOS", "chromebook"), ("Linux", "linux"))  # fmt: skip
NAMES: Final = {
    "edge": "Edge", "opera": "Opera", "firefox": "Firefox", "samsung": "Samsung Internet", "chrome": "Chrome",
    "safari": "Safari", "android": "Android", "iphone": "iPhone", "ipad": "iPad", "windows": "Windows",
    "mac": "Mac", "chromebook": "Chromebook", "linux": "Linux",
}  # fmt: skip


def device_of(user_agent: str) -> str:
    """Such as `chrome-android`; `other` for what is neither."""
    browser = next((word for sign, word in BROWSERS if sign in user_agent), "other")
    system = next((word for sign, word in SYSTEMS if sign in user_agent), "other")
    return "other" if browser == system == "other" else f"{browser}-{system}"


def words(device: str) -> str:
    """Such as `Chrome, Android`; "" where nothing is known."""
    return ", ".join(NAMES[part] for part in device.split("-") if part in NAMES)
