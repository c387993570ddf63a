"""`tingda person`: the first people of an office, and the way back in for who has none."""

import secrets

import click
from django.conf import settings
from django.urls import reverse

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.actions import add_person, add_unit, invite, reset_factor
from tingda.people.models import Person, Unit
from tingda.people.queries import institution
from tingda.people.rules import ROLES


@click.group()
def person() -> None:
    """人员。 People."""


@person.command()
@click.argument("login")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(list(ROLES)))
def add(login: str, name: str, roles: tuple[str, ...]) -> None:
    """添加一个人，打印一次随机密码。 Add a person; the random password is printed once."""
    now = present.now()
    office = Unit.objects.filter(parent=None).order_by("id").first()
    if office is None:
        office = add_unit("office", institution().name, by=None, now=now)
    password = secrets.token_urlsafe(12)
    add_person(login, name, office, roles, password=password, by=None, now=now)
    click.echo(f"{login}  {password}")


@person.command()
@click.argument("login")
def reset(login: str) -> None:
    """重设一个人的密码和两步验证，打印一次链接。 A link to set a new password, once; the second
    factor is taken away."""
    now = present.now()
    row = Person.objects.filter(login=login).first()
    if row is None:
        raise Refused(_("没有登录名是 %(login)s 的人"), login=login)
    reset_factor(row, by=None, now=now)
    token = invite(row, by=None, now=now)
    click.echo(settings.ADDRESS + reverse("join", args=[token]))
