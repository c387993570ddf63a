"""Passwords and tokens of the office's own accounts, encrypted with a key of the data folder."""

from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from tingda.lib.refusal import Refused
from tingda.lib.secrets import secret
from tingda.lib.words import mark as _


def seal(home: Path, key: str, text: str) -> bytes:
    """Encrypt a text with the key of this name."""
    return SecretBox(bytes.fromhex(secret(home, key).decode())).encrypt(text.encode())


def unseal(home: Path, key: str, sealed: bytes) -> str:
    """The text again. Refused where the key is not the one it was sealed with."""
    try:
        return SecretBox(bytes.fromhex(secret(home, key).decode())).decrypt(sealed).decode()
    except CryptoError as error:
        raise Refused(_("密码解不开：密钥文件换过了。请重新填写这个来源的密码")) from error
