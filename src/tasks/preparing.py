"""What a database needs before anybody works with it: groups, delivered records, the processes of a folder."""

from __future__ import annotations

from pathlib import Path

from laneway.engine import deployments
from laneway.engine.database import Session, unit_of_work
from laneway.engine.deployments import Deployed, process_folder
from laneway.records import organisation, sample_records
from laneway.records.calendars import delivered as calendars_delivered
from laneway.records.cases import figures
from laneway.records.documents import manuals, templates
from laneway.records.duties import delivered as duties_delivered
from laneway.records.knowledge import safety
from laneway.records.work import delivered as work_delivered
from laneway.tasks.loader import load_handlers


def bring_in_records(session: Session, *, demo: bool) -> None:
    """The groups and delivered records, and with `demo` the demonstration organisation; what is there stays."""
    organisation.add_default_groups(session)
    calendars_delivered.load(session)
    work_delivered.load(session)
    figures.load(session)
    safety.load(session)
    if demo:
        bring_in_people(session)
        bring_in_samples(session)


def bring_in_people(session: Session) -> None:
    """The people of the demonstration organisation, and what each is there for."""
    organisation.load_demo(session)
    duties_delivered.load_demo(session)


def bring_in_samples(session: Session) -> None:
    """Records of the demonstration organisation, their dates counted from the present day."""
    sample_records.load(session)
    work_delivered.load_demo(session)


def bring_in_processes(processes: Path) -> Deployed | None:
    """Deploy the files of a folder that never were, with handlers, document templates and manuals.

    Returns what was deployed, if anything. Raises Refused when a file in the folder cannot run.
    """
    load_handlers(processes)
    resources = process_folder.read_files([processes])
    with unit_of_work() as session:
        new = process_folder.never_deployed(session, resources)
        deployed = deployments.deploy(session, new, by=None) if new else None
        templates.add_shipped(session, processes)
        manuals.add_shipped(session, processes)
    return deployed
