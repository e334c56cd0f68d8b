"""What clients ask before they begin: is it up, who am I, what is it."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, request

from laneway.engine import database, search
from laneway.web.api.operations import Answer, operation
from laneway.web.api.shapes import COUNT, FLAG, TEXT, list_of, nullable, record
from laneway.web.auth import current_person
from laneway.web.i18n import locale

API_VERSION = "8.9.0"
"""The version of Camunda's API whose paths and bodies these are; clients choose their dialect by it."""

blueprint = Blueprint("api_cluster", __name__, url_prefix="/v2")

_PARTITION = record(partitionId=COUNT, role=TEXT, health=TEXT, state=TEXT)
_BROKER = record(
    nodeId=COUNT, brokerId=TEXT, host=TEXT, port=COUNT, partitions=list_of(_PARTITION), version=TEXT
)


@operation(
    blueprint,
    "GET",
    "/topology",
    name="getTopology",
    summary="One broker with one partition, since the database is the one place of all state",
    answer=record(
        brokers=list_of(_BROKER),
        clusterId=nullable(TEXT),
        clusterSize=COUNT,
        partitionsCount=COUNT,
        replicationFactor=COUNT,
        gatewayVersion=TEXT,
        lastCompletedChangeId=TEXT,
    ),
)
def get_topology() -> Answer:
    host, _, port = request.host.partition(":")
    partition = {"partitionId": 1, "role": "leader", "health": "healthy", "state": "active"}
    broker = {
        "nodeId": 0,
        "brokerId": "0",
        "host": host,
        "port": int(port) if port.isdigit() else (443 if request.is_secure else 80),
        "partitions": [partition],
        "version": version("laneway"),
    }
    return {
        "brokers": [broker],
        "clusterId": None,
        "clusterSize": 1,
        "partitionsCount": 1,
        "replicationFactor": 1,
        "gatewayVersion": API_VERSION,
        "lastCompletedChangeId": "-1",
    }


@operation(blueprint, "GET", "/status", name="getStatus", summary="204 while the database answers, else 503")
def get_status() -> Answer:
    with database.reading():
        return None


@operation(
    blueprint,
    "GET",
    "/license",
    name="getLicense",
    summary="No licence key is needed",
    answer=record(validLicense=FLAG, licenseType=TEXT, isCommercial=FLAG, expiresAt=nullable(TEXT)),
)
def get_license() -> Answer:
    return {"validLicense": True, "licenseType": "unknown", "isCommercial": False, "expiresAt": None}


@operation(
    blueprint,
    "GET",
    "/authentication/me",
    name="getAuthentication",
    summary="Who the request was made by",
    answer=record(
        username=TEXT,
        displayName=TEXT,
        email=nullable(TEXT),
        authorizedComponents=list_of(TEXT),
        tenants=list_of(record(name=TEXT, tenantId=TEXT, description=nullable(TEXT))),
        groups=list_of(TEXT),
        roles=list_of(TEXT),
        salesPlanType=nullable(TEXT),
        c8Links={"type": "object"},
        canLogout=FLAG,
    ),
)
def get_authentication() -> Answer:
    person = current_person()
    return {
        "username": person.username,
        "displayName": person.name.pick(locale()),
        "email": person.email or None,
        "authorizedComponents": [],
        "tenants": [{"name": "Default", "tenantId": search.TENANT, "description": None}],
        "groups": sorted(person.groups),
        "roles": [],
        "salesPlanType": None,
        "c8Links": {},
        "canLogout": True,
    }
