"""`tingda up`: everything that must be right before web and worker may run, then both."""

import os
import socket
import sys

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tingda import __version__
from tingda.demo.sign_ins import sign_ins
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@click.command()
def up() -> None:
    """启动网页和后台。 Run web and worker together."""
    if not port_is_free(settings.HOST, settings.PORT):
        raise Refused(
            _("端口 %(port)s 已被占用：请停掉占用它的程序，或用 PORT=… 换一个"), port=settings.PORT
        )
    if settings.DEMO:
        from tingda.demo.load import load_demo  # noqa: PLC0415 - the demo alone carries it

        load_demo(say=click.echo)
    call_command("collectstatic", verbosity=0, interactive=False)
    click.echo(f"听答 {__version__}  {settings.ADDRESS}/desk/")
    for line in sign_ins():
        click.echo(line)
    sys.stdout.flush()
    connections.close_all()
    # This process has grown large with making ready; the one that stays is small.
    command = [sys.executable, "-m", "tingda.cli.keep", settings.HOST, str(settings.PORT)]
    os.execv(sys.executable, command)  # noqa: S606 - our own command, no shell
