"""The handlers of the faults: what they do in the world outside is one line in a file, with the job's key."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from typing import Any

from laneway.tasks import BpmnError, Job, handler


def _folder() -> Path:
    return Path(os.environ["FAULTS_FOLDER"])


def _note(job: Job) -> None:
    line = f"{job.key} {job.element_id} {os.getpid()} {time.time()}\n".encode()
    file = os.open(_folder() / "effects", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)  # one write: lines of several processes do not mix
    os.close(file)


@handler("faults.work")
def work(job: Job) -> dict[str, Any]:
    time.sleep(float(os.environ.get("FAULTS_PAUSE", "0")))
    _note(job)
    return {f"did_{job.element_id}": 1}


@handler("faults.refuse")
def refuse(job: Job) -> None:
    _note(job)
    raise BpmnError("E", "no", {f"refused_{job.element_id}": 1})


@handler("faults.letters")
def write(job: Job) -> dict[str, Any]:
    _note(job)
    case = str(job.variables["case"])
    for number in range(2):
        job.send_mail(to=f"{case}-{number}@example.com", subject=f"Case {case}", body="text")
    job.send_webhook(url=os.environ["FAULTS_HOOK"], payload={"case": case}, event="com.example.case")
    return {f"did_{job.element_id}": 1}


@handler("faults.slow")
def slow(job: Job) -> dict[str, Any]:
    """Begins, says so, and ends only when it is allowed to."""
    _note(job)
    while not (_folder() / "go").exists():
        time.sleep(0.05)
    return {f"did_{job.element_id}": os.getpid()}


def _poison(job: Job) -> bool:
    """Whether the handler is still broken."""
    _note(job)
    return not (_folder() / "mended").exists()


@handler("faults.raises")
def raises(job: Job) -> dict[str, Any]:
    if _poison(job):
        raise ValueError("poison")
    return {"survived": True}


@handler("faults.exits")
def exits(job: Job) -> dict[str, Any]:
    if _poison(job):
        os._exit(3)
    return {"survived": True}


@handler("faults.crashes")
def crashes(job: Job) -> dict[str, Any]:
    if _poison(job):
        ctypes.string_at(0)
    return {"survived": True}


@handler("faults.hangs", timeout=2)
def hangs(job: Job) -> dict[str, Any]:
    if _poison(job):
        while True:
            time.sleep(0.2)
    return {"survived": True}
