"""通知方式: where notices go besides the desk, what goes there and when. A person's own, or a
group's, which administrators set up (notice_settings.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify import rules
from tingda.notify.actions.sending import send_again, try_reach
from tingda.notify.actions.ways import add_reach, change_reach, remove_reach, switch_reach
from tingda.notify.models import Reach, Sending
from tingda.notify.queries import (
    TROUBLED,
    heading,
    mail_server,
    sendings_for,
    sentence,
    ways_for,
    with_counts,
)
from tingda.people.models import Person
from tingda.web.desk.notice_forms import WishesForm, own_fields, wishes_of
from tingda.web.guard import person_of, signed_in
from tingda.web.limits import too_many
from tingda.web.templatetags.tingda import named
from tingda.web.words import said

MOST_SHOWN = 20


@dataclass(frozen=True)
class Way:
    """One way in words: how it does, what goes out by it and when."""

    reach: Reach
    state: str
    colour: str
    why: str
    takes: str
    when: str


def way_of(reach: Reach) -> Way:
    """The same, of a way with its counts and units."""
    if not reach.active:
        state, colour = gettext("停用"), ""
    elif reach.failures:
        state, colour = gettext("送不到"), "red"
    elif reach.sent_at:
        state, colour = gettext("正常"), "green"
    else:
        state, colour = gettext("还没用过"), "blue"
    error = reach.error if reach.failures else {}
    why = said(Refused(error["message"], **error["params"])) if error else ""
    return Way(reach, state, colour, why, _takes(reach), _times(reach))


def _takes(reach: Reach) -> str:
    matters = [gettext(text) for code, text in rules.MATTERS.items() if code in reach.matters]
    parts = [gettext("、").join(matters) or gettext("全部通知")]
    if reach.topics:
        parts.append(gettext("只要选定的 %(n)s 个主题") % {"n": len(reach.topics)})
    units = [named(unit) for unit in reach.units.all()]
    if units:
        parts.append(gettext("只要：%(units)s") % {"units": gettext("、").join(units)})
    return " · ".join(parts)


def _times(reach: Reach) -> str:
    parts = [gettext("随时发")]
    if reach.digest:
        parts = [gettext("每天 %(at)s 汇总") % {"at": reach.digest.strftime("%H:%M")}]
    if reach.quiet_from and reach.quiet_to:
        begin, end = reach.quiet_from.strftime("%H:%M"), reach.quiet_to.strftime("%H:%M")
        parts.append(gettext("%(begin)s 到 %(end)s 免打扰") % {"begin": begin, "end": end})
    return " · ".join(parts)


@dataclass(frozen=True)
class Stuck:
    """One thing that did not arrive, or nobody knows."""

    sending: Sending
    title: str
    says: str


def stuck(person: Person, *, shared: bool) -> list[Stuck]:
    """The newest of them, by the person's own ways or by the groups'."""
    failing = Q(state__in=TROUBLED) | Q(state=Sending.State.WAITING, tries__gt=0)
    rows = sendings_for(person).filter(failing, reach__person__isnull=shared)
    return [
        Stuck(row, heading(row.data) or row.reach.name, sentence(row.verb, row.data))
        for row in rows.order_by("-at", "-id")[:MOST_SHOWN]
    ]


@signed_in
def ways(request: HttpRequest) -> HttpResponse:
    """The person's own ways, how they do, and which kinds there are."""
    person = person_of(request)
    mine = with_counts(ways_for(person).filter(person=person)).prefetch_related("units")
    context = {
        "here": "notices",
        "ways": [way_of(reach) for reach in mine],
        "stuck": stuck(person, shared=False),
        "kinds": kinds(),
        "may_configure": person.may("configure"),
    }
    return render(request, "desk/notice_ways.html", context)


def kinds() -> list[tuple[str, str, str, bool]]:
    """Code, name, help, and whether it can be used now: e-mail needs the office's server."""
    mail = mail_server() is not None
    return [
        (code, gettext(kind.name), gettext(kind.help), mail or code != "email")
        for code, kind in rules.KINDS.items()
    ]


def add_page(request: HttpRequest, kind: str, *, shared: bool) -> HttpResponse:
    """A new way of one kind."""
    if kind not in rules.KINDS:
        raise Http404
    person, now, row = person_of(request), present.now(), rules.KINDS[kind]
    start = {"name": gettext(row.name), "language": get_language()}
    own = own_fields(kind, person)
    form = WishesForm(request.POST or None, initial=start, person=person, own=own)

    def add(typed: dict[str, Any]) -> str:
        fields = {one.name: typed[f"way_{one.name}"] for one in row.fields}
        wishes = wishes_of(typed)
        add_reach(kind, typed["name"], fields, wishes, by=person, now=now, shared=shared)
        return gettext("已添加。请按“发一条试试”，看看收不收得到。")

    title = gettext("添加：%(kind)s") % {"kind": gettext(row.name)}
    return _form_page(request, form, add, shared=shared, title=title, kind_help=gettext(row.help))


def _form_page(
    request: HttpRequest,
    form: WishesForm,
    deed: Callable[[dict[str, Any]], str],
    *,
    shared: bool,
    **more: Any,
) -> HttpResponse:
    home = "settings-notices" if shared else "notice-ways"
    if request.method == "POST" and form.is_valid():
        try:
            done = deed(form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, done)
            return redirect(home)
    context = {"here": "notices", "form": form, "home": home, "shared": shared, **more}
    status = 422 if form.errors else 200
    return render(request, "desk/notice_way.html", context, status=status)


@signed_in
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new way of the person's own."""
    return add_page(request, kind, shared=False)


@signed_in
def way(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes out by one way and when, to change."""
    person, now = person_of(request), present.now()
    reach = _found(request, pk)
    kept = {
        "name": reach.name,
        "matters": reach.matters,
        "topics": reach.topics,
        "units": reach.units.all(),
        "pace": "daily" if reach.digest else "at_once",
        "digest": reach.digest,
        "quiet_from": reach.quiet_from,
        "quiet_to": reach.quiet_to,
        "language": reach.language,
    }
    form = WishesForm(request.POST or None, initial=kept, person=person)

    def change(typed: dict[str, Any]) -> str:
        change_reach(reach, typed["name"], wishes_of(typed), by=person, now=now)
        return gettext("已保存。")

    shared = reach.person_id is None
    return _form_page(request, form, change, shared=shared, title=reach.name, reach=reach)


def _found(request: HttpRequest, pk: int) -> Reach:
    return get_object_or_404(ways_for(person_of(request)), pk=pk)


def _back(reach: Reach) -> HttpResponse:
    return redirect("settings-notices" if reach.person_id is None else "notice-ways")


@signed_in
@require_POST
def try_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message now and tell how it really went."""
    reach = _found(request, pk)
    if too_many(request, "try-way", "30/10m"):
        messages.error(request, gettext("试得太多了，请过十分钟再试。"))
        return _back(reach)
    outcome = try_reach(reach, now=present.now())
    if outcome.state == "sent":
        messages.success(
            request,
            gettext("发出去了，对方已经收下。请到“%(name)s”里看看。") % {"name": reach.name},
        )
    else:
        messages.error(request, said(Refused(outcome.message, **outcome.params)))
    return _back(reach)


@signed_in
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause a way or use it again."""
    reach = _found(request, pk)
    active = request.POST.get("active") == "yes"
    switch_reach(reach, active=active, by=person_of(request), now=present.now())
    messages.success(request, gettext("已恢复。") if active else gettext("已停用，设置都留着。"))
    return _back(reach)


@signed_in
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then forget the way and its keys."""
    reach = _found(request, pk)
    if request.method != "POST":
        waiting = reach.sendings.filter(state=Sending.State.WAITING).count()
        context = {"here": "notices", "reach": reach, "waiting": waiting}
        home = "settings-notices" if reach.person_id is None else "notice-ways"
        return render(request, "desk/notice_way_remove.html", context | {"home": home})
    back = _back(reach)
    remove_reach(reach, by=person_of(request), now=present.now())
    messages.success(request, gettext("已去掉。通知都还在“我的通知”里。"))
    return back


@signed_in
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send once more what may not have arrived."""
    person = person_of(request)
    row = get_object_or_404(sendings_for(person), pk=pk)
    send_again(row, by=person, now=present.now())
    messages.success(request, gettext("排上了，马上再发一次。"))
    return _back(row.reach)


urlpatterns = [
    path("notices/ways/", ways, name="notice-ways"),
    path("notices/ways/add/<str:kind>/", add, name="notice-way-add"),
    path("notices/ways/<int:pk>/", way, name="notice-way"),
    path("notices/ways/<int:pk>/try/", try_now, name="notice-way-try"),
    path("notices/ways/<int:pk>/switch/", switch, name="notice-way-switch"),
    path("notices/ways/<int:pk>/drop/", remove, name="notice-way-remove"),
    path("notices/sendings/<int:pk>/again/", again, name="notice-again"),
]
