"""The kinds of record that planning works with: work centres, skills, resources with certificates, service types."""

from __future__ import annotations

from laneway.engine.tables.department import work
from laneway.records.kinds import known
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values
from laneway.words import Text

_EDITORS = frozenset({"service_coord", "cs_manager", "process_owner"})
_CERTIFIERS = _EDITORS | {"training", "hse"}
_ZH, _EN = Text("中文名称", "Chinese name"), Text("英文名称", "English name")
_CODE = Field("code", Text("代码", "Code"), is_required=True, longest=40)
_NAMES = (
    Field("name_zh", _ZH, is_required=True, longest=200),
    Field("name_en", _EN, is_required=True, longest=200),
)
_IN_USE = Field("is_active", Text("在用", "In use"), Type.YES_NO, initial=True)

RESOURCE_KINDS = {
    "PERSON": Text("人员", "Person"),
    "PARTNER": Text("合作伙伴", "Partner"),
    "VEHICLE": Text("车辆", "Vehicle"),
    "TOOL": Text("工具", "Tool"),
}


def _certificates(found: Values) -> list[Problem]:
    """A certificate does not end before it begins."""
    return [
        (f"skills.{at}.valid_until", "ends_before_it_begins", {})
        for at, row in enumerate(found.get("skills") or [])
        if row.get("valid_until") and row.get("valid_from") and row["valid_until"] < row["valid_from"]
    ]


WORK_CENTRE = known.add(
    Kind(
        id="work_centre",
        name=Text("工作中心", "Work centre"),
        plural=Text("工作中心", "Work centres"),
        icon="users",
        table=work.work_centre,
        code="code",
        title=("name_zh", "name_en"),
        listed=("is_active",),
        searched=("code", "name_zh", "name_en"),
        sorted_by=("code",),
        edited_by=_EDITORS,
        fields=(_CODE, *_NAMES, _IN_USE),
    )
)

SKILL = known.add(
    Kind(
        id="skill",
        name=Text("技能", "Skill"),
        plural=Text("技能", "Skills"),
        icon="check",
        table=work.skill,
        code="code",
        title=("name_zh", "name_en"),
        listed=("valid_months",),
        searched=("code", "name_zh", "name_en"),
        sorted_by=("code",),
        edited_by=_CERTIFIERS,
        fields=(
            _CODE,
            *_NAMES,
            Field(
                "valid_months",
                Text("证书有效月数", "Certificate valid for"),
                Type.NUMBER,
                least=1,
                most=600,
                unit="月 / months",
            ),
        ),
    )
)

RESOURCE = known.add(
    Kind(
        id="work_resource",
        name=Text("资源", "Resource"),
        plural=Text("人员与资源", "People and resources"),
        icon="user",
        table=work.work_resource,
        code="code",
        title=("name_zh", "name_en"),
        listed=("kind", "work_centre_key", "is_active"),
        searched=("code", "name_zh", "name_en", "username"),
        sorted_by=("code",),
        filtered_by=("kind", "is_active"),
        edited_by=_CERTIFIERS,
        check=_certificates,
        fields=(
            _CODE,
            *_NAMES,
            Field("kind", Text("类别", "Kind"), Type.CHOICE, is_required=True, options=RESOURCE_KINDS),
            Field("username", Text("登录名", "User name"), longest=120),
            Field(
                "work_centre_key",
                Text("工作中心", "Work centre"),
                Type.REFERENCE,
                refers_to=WORK_CENTRE.id,
            ),
            _IN_USE,
            Field(
                "skills",
                Text("技能与证书", "Skills and certificates"),
                Type.ROWS,
                table=work.resource_skill,
                parent="resource_key",
                fields=(
                    Field("skill", Text("技能代码", "Code of the skill"), is_required=True, longest=40),
                    Field("certificate", Text("证书编号", "Certificate"), longest=120),
                    Field("valid_from", Text("生效日", "From"), Type.DATE, is_required=True),
                    Field("valid_until", Text("到期日", "Until"), Type.DATE),
                ),
            ),
        ),
    )
)

SERVICE_TYPE = known.add(
    Kind(
        id="service_template",
        name=Text("服务类型", "Service type"),
        plural=Text("服务类型", "Service types"),
        icon="form",
        table=work.service_template,
        code="code",
        title=("name_zh", "name_en"),
        listed=("minutes", "hourly_rate", "currency", "is_active"),
        searched=("code", "name_zh", "name_en"),
        sorted_by=("code",),
        edited_by=_EDITORS,
        fields=(
            _CODE,
            *_NAMES,
            Field(
                "minutes",
                Text("现场工时", "Work on site"),
                Type.NUMBER,
                is_required=True,
                least=15,
                most=60_000,
                unit="分钟 / minutes",
            ),
            Field("hourly_rate", Text("小时单价", "Price of an hour"), Type.MONEY, is_required=True, least=0),
            Field("currency", Text("币种", "Currency"), Type.CURRENCY, is_required=True),
            Field(
                "safety_zh",
                Text("安全交底（每行一条）", "Safety brief in Chinese, one item a line"),
                Type.LONG_TEXT,
                is_required=True,
                longest=5_000,
            ),
            Field(
                "safety_en",
                Text("安全交底英文（每行一条）", "Safety brief in English, one item a line"),
                Type.LONG_TEXT,
                is_required=True,
                longest=5_000,
            ),
            _IN_USE,
            Field(
                "skills",
                Text("所需技能", "Skills that are needed"),
                Type.ROWS,
                table=work.service_template_skill,
                parent="template_key",
                fields=(Field("skill", Text("技能代码", "Code of the skill"), is_required=True, longest=40),),
            ),
        ),
    )
)
