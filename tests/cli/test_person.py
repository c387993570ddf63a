"""The way back in for an office whose only administrator lost the password or the telephone."""

from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from django.test import Client

from tingda.cli.main import main
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused


@pytest.mark.once
def test_the_installer_lets_somebody_in_again(cast: SimpleNamespace, client: Client) -> None:
    Authenticator.objects.create(user=cast.admin, type="totp", data={"secret": "x"})
    link = CliRunner().invoke(main, ["person", "reset", "admin"]).output.strip()
    path = "/join/" + link.partition("/join/")[2]
    typed = {"new_password1": "another-long-one", "new_password2": "another-long-one"}
    assert client.post(path, typed | {"name": "管理员"}).status_code == 302
    done = client.post("/sign-in/", {"username": "admin", "password": "another-long-one"})
    assert done.status_code == 302 and "second" not in done["Location"]
    verbs = [line.verb for line in Line.objects.order_by("-number")[:3]]
    assert verbs == ["person.joined", "person.invited", "person.factor_reset"]
    failed = CliRunner().invoke(main, ["person", "reset", "nobody"])
    assert failed.exit_code != 0
    assert isinstance(failed.exception, Refused) or "nobody" in failed.output
