"""What the kinds of step do; their keys and sentences are in `laneway.records.scenarios.step_kinds`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from laneway.engine import access, cases, feel, instances, messages, user_tasks
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.errors import Invalid, NotAllowed
from laneway.records import catalogue
from laneway.records.cases import links, merging, reopening
from laneway.records.documents import attachments
from laneway.records.interactions import log
from laneway.records.kinds import proposals, store
from laneway.records.parties import starting
from laneway.records.scenarios.format import Told
from laneway.tasks.draining import drain
from laneway.tasks.scenarios import moving
from laneway.tasks.scenarios.stopped import Stopped

if TYPE_CHECKING:
    from laneway.tasks.scenarios.player import Player


@contextmanager
def _refusals(player: Player, told: Told) -> Iterator[None]:
    """Take the refusal that a step tells of; raises Stopped when it does not come."""
    if not told.get("refused") and "invalid" not in told:
        yield
        return
    try:
        yield
    except NotAllowed as refused:
        if not told.get("refused"):
            raise
        with unit_of_work() as session:
            user_tasks.note_refusal(session, refused, by=player.person(told["by"]))
        return
    except Invalid as unfit:
        named = sorted({path for path, _code, _params in unfit.problems})
        if "invalid" not in told or named != sorted(told["invalid"]):
            raise
        return
    if told.get("refused"):
        raise Stopped(f"{told['by']} 没有被拒绝", f"{told['by']} was not refused")
    raise Stopped("表单没有指出任何问题", "the form found nothing wrong")


def start(player: Player, told: Told) -> None:
    """Start a process by its form; of a `party` it knows already what its record says."""
    by = player.person(told["by"])
    with _refusals(player, told), unit_of_work() as session:
        known: dict[str, Any] = {}
        besides = player.filled(dict(told.get("variables", {})))
        if "party" in told:
            record = starting.find(session, told["party"])
            known, besides = starting.values_for_form(record), besides | {"party": record.code}
        filled = player.entered(known, told)
        if not player.cases:
            filled |= player.changes
        started = instances.start_from_form(session, told["start"], values=filled, by=by, besides=besides)
        player.opened(told, started.instance_key, started.case_number)


def complete(player: Player, told: Told) -> None:
    """Claim and complete a user task of the case or of a process that it called."""
    by = player.person(told["by"])
    with _refusals(player, told), unit_of_work() as session:
        open_tasks = user_tasks.open_under(session, player.case(told).instance_key)
        here = [task for task in open_tasks if task.element_id == told["complete"]]
        if not here:
            names = ", ".join(task.element_id for task in open_tasks) or "∅"
            what = told["complete"]
            raise Stopped(f"{what} 不是待办任务；待办：{names}", f"{what} is not open; open: {names}")
        # Of a multi-instance task, the one that this person may do.
        mine = [task for task in here if access.may(by, Action.CLAIM_USER_TASK, task)]
        key = (mine or here)[0].key
        user_tasks.claim(session, key, by=by)
        shown = user_tasks.open_task(session, key, by=by).values
        user_tasks.complete(session, key, by=by, values=player.entered(shown, told))


def message(player: Player, told: Told) -> None:
    """Publish a message for the case, or one that opens a case: the first of the story, or with `as`."""
    opens = "as" in told or not player.cases
    key = "" if opens else player.case(told).number
    filled = player.filled(dict(told.get("variables", {})))
    if not player.cases:
        filled |= player.changes
    with unit_of_work() as session:
        messages.publish(
            session,
            name=told["message"],
            correlation_key=player.filled(told.get("key", key)),
            variables=filled,
            by=player.person(told["by"]),
        )
    drain()
    if opens:
        with reading() as session:
            found = cases.newest(session)
        if found[0] in {case.instance_key for case in player.cases.values()}:
            name = told["message"]
            raise Stopped(f"消息 {name} 没有立案", f"the message {name} opened no case")
        player.opened(told, *found)


def advance(player: Player, told: Told) -> None:
    """Let time pass."""
    moving.move(player.time, feel.add_duration(player.time.now, told["advance"]))


def until(player: Player, told: Told) -> None:
    """Let time pass until a moment of the story."""
    moving.move(player.time, player.moved(told["until"]))


def create(player: Player, told: Told) -> None:
    """Enter a new record; sensitive fields wait for agreement, as they do for people."""
    _save(player, told, told["create"], None)


def change(player: Player, told: Told) -> None:
    """Change a record, as above."""
    _save(player, told, told["change"], player.filled(told["code"]))


def _save(player: Player, told: Told, kind_id: str, code: str | None) -> None:
    kind = catalogue.kind(kind_id)
    with _refusals(player, told), unit_of_work() as session:
        key = store.key_of(session, kind, code) if code is not None else None
        values, by = player.filled(dict(told["values"])), player.person(told["by"])
        proposals.save(session, kind, key, values, by=by, reason=told.get("reason", ""))


def agree(player: Player, told: Told) -> None:
    """Agree to what somebody else wants to change in a record."""
    kind = catalogue.kind(told["agree"])
    with _refusals(player, told), unit_of_work() as session:
        waiting = proposals.pending_of(
            session, kind, store.key_of(session, kind, player.filled(told["code"]))
        )
        if not waiting:
            code = told["code"]
            raise Stopped(f"{code} 没有待同意的修改", f"no change of {code} waits for agreement")
        for proposal in waiting:
            proposals.approve(session, proposal.key, by=player.person(told["by"]))


def reopen(player: Player, told: Told) -> None:
    """Take the case up again; `as` names the new case that follows it when its time is over."""
    before = player.case(told)
    with _refusals(player, told), unit_of_work() as session:
        by = player.person(told["by"])
        again = reopening.reopen(session, before.number, by=by, reason=told["reopen"])
        if again.is_new != ("as" in told):
            zh, en = ("新案件", "a new case") if again.is_new else ("同一案件", "the same case")
            raise Stopped(f"重新打开得到{zh} {again.number}", f"reopening gave {en}, {again.number}")
        if again.is_new:
            player.opened(told, cases.newest(session)[0], again.number)


def merge(player: Player, told: Told) -> None:
    """Let one case end in another."""
    gone, kept = player.named(told["merge"]), player.named(told["into"])
    with _refusals(player, told), unit_of_work() as session:
        by = player.person(told["by"])
        merging.merge(session, gone.number, kept.number, by=by, reason=told["reason"])


def link(player: Player, told: Told) -> None:
    """Say what one case is to another."""
    here, other = player.named(told["link"]), player.named(told["to"])
    with _refusals(player, told), unit_of_work() as session:
        kind, by = links.Kind(told["kind"]), player.person(told["by"])
        links.link(session, here.number, other.number, kind, by=by, reason=told.get("reason", ""))


def cancel(player: Player, told: Told) -> None:
    """End the case for a reason."""
    case, by = player.case(told), player.person(told["by"])
    with _refusals(player, told), unit_of_work() as session:
        instances.cancel(session, case.instance_key, by=by, reason=told["cancel"])


def file(player: Player, told: Told) -> None:
    """Attach evidence: a text file with `content`, or with its own name."""
    case, by = player.case(told), player.person(told["by"])
    content = player.filled(told.get("content", told["file"])).encode()
    with unit_of_work() as session:
        attachments.add(session, case.instance_key, told["file"], content, by)


def note(player: Player, told: Told) -> None:
    """Write into the interaction log."""
    case, by = player.case(told), player.person(told["by"])
    entry = log.Entry(
        log.Kind(told.get("kind", log.Kind.NOTE)),
        player.filled(told["note"]),
        log.Channel(told.get("channel", log.Channel.OTHER)),
        told.get("contact", ""),
    )
    with unit_of_work() as session:
        log.add(session, case.instance_key, entry, by=by)


def parallel(player: Player, told: Told) -> None:
    """Start a process so many times, by workers side by side."""
    by, first = player.person(told["by"]), len(player.cases)
    values, besides = player.entered({}, told), player.filled(dict(told.get("variables", {})))
    if "party" in told:
        with reading() as session:
            record = starting.find(session, told["party"])
        values, besides = starting.values_for_form(record) | values, besides | {"party": record.code}

    def one(_number: int) -> tuple[int, str | None]:
        with unit_of_work() as session:
            started = instances.start_from_form(session, told["start"], values=values, by=by, besides=besides)
        return started.instance_key, started.case_number

    with ThreadPoolExecutor(told["workers"]) as workers:
        opened = list(workers.map(one, range(told["parallel"])))
    for number, (instance_key, case_number) in enumerate(
        sorted(opened, key=lambda pair: pair[1] or ""), first + 1
    ):
        player.opened({"as": f"#{number}"}, instance_key, case_number)


DO: dict[str, Callable[[Player, Told], None]] = {
    "start": start,
    "complete": complete,
    "message": message,
    "advance": advance,
    "until": until,
    "create": create,
    "change": change,
    "agree": agree,
    "reopen": reopen,
    "merge": merge,
    "link": link,
    "cancel": cancel,
    "file": file,
    "note": note,
    "parallel": parallel,
}
