"""A fresh OAuth token, where the office gave what it takes to ask for one."""

import json
from urllib.parse import urlencode

from tingda.collect.sources.mailbox.dial import MailFailed
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import Own

_NEEDED = ("client_id", "refresh_token", "token_address")


def access_token(secret: str, manners: Manners) -> str:
    """The secret itself, or the token it can be changed for. Raises MailFailed or FetchFailed."""
    if not secret.lstrip().startswith("{"):
        return secret.strip()
    given = _mapping(secret)
    if not all(given.get(name) for name in _NEEDED):
        raise MailFailed("token")
    form = {"grant_type": "refresh_token"}
    form |= {name: given[name] for name in ("client_id", "client_secret", "refresh_token", "scope")
             if given.get(name)}  # fmt: skip
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    own = Own(headers=headers, data=urlencode(form).encode())
    came = manners.get(given["token_address"], own=own)
    token = _mapping(came.body.decode("utf-8", "replace")).get("access_token", "")
    if not token:
        raise MailFailed("token")
    return token


def _mapping(text: str) -> dict[str, str]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise MailFailed("token") from error
    return {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
