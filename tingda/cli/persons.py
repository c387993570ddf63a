"""`tingda person`: the first people of an office, before anybody can sign in."""

import secrets

import click
from django.utils import timezone

from tingda.people.actions import add_person, add_unit
from tingda.people.models import Unit
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
    now = timezone.now()
    office = Unit.objects.filter(parent=None).order_by("id").first()
    if office is None:
        office = add_unit("office", institution().name, by=None, now=now)
    password = secrets.token_urlsafe(12)
    add_person(login, name, office, roles, password=password, by=None, now=now)
    click.echo(f"{login}  {password}")
