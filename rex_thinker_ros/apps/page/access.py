"""Who may open the page."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

from rex_thinker_ros.user_error import UserError

PASSWORD_VARIABLE = "REX_THINKER_WEB_PASSWORD"
Login = tuple[str, str]
"""A name and its password."""


class LoginError(UserError):
    """Say what of a login is missing."""


def read_login(user: str, password_file: Path | None) -> Login | None:
    """Return the login that visitors need, or None if the page is open to all.

    The password is the first line of the file, else what the environment variable holds. Raises
    LoginError if the file has none, and OSError if it cannot be read.
    """
    if password_file is None:
        password = os.environ.get(PASSWORD_VARIABLE, "")
        return (user, password) if password else None
    lines = password_file.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0]:
        raise LoginError(f"{password_file} is empty: write the password in its first line")
    return user, lines[0]


def is_this_machine(host: str) -> bool:
    """Tell whether only this machine reaches what is bound to the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
