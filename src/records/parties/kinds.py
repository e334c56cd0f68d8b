"""The kinds of record about parties, with every field of DOMAIN forms F1 (customer) and F20 (country file)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from laneway.engine.access import MASTER_DATA
from laneway.engine.tables.department import parties
from laneway.records.kinds import known
from laneway.records.kinds.declared import Field, Kind, Section, Type, Values
from laneway.records.parties import clocks, duplicates, rules
from laneway.words import Text

CREDIT = "credit_control"
_CALL_GROUPS = frozenset(
    {
        "hotline",
        "complaint_desk",
        "complaint_lead",
        "service_coord",
        "sales",
        "cs_manager",
        CREDIT,
        MASTER_DATA,
    }
)

TYPES = {
    "prospect": Text("潜在客户", "Prospect"),
    "customer": Text("客户", "Customer"),
    "permanent": Text("永久客户", "Permanent customer"),
    "distributor": Text("经销商", "Distributor"),
    "ended": Text("已终止", "Ended"),
}
LANGUAGES = {
    "zh": Text("中文", "Chinese"),
    "en": Text("英语", "English"),
    "de": Text("德语", "German"),
    "tr": Text("土耳其语", "Turkish"),
    "vi": Text("越南语", "Vietnamese"),
    "other": Text("其他", "Other"),
}
CHANNELS = {
    "phone": Text("电话", "Telephone"),
    "email": Text("电子邮件", "E-mail"),
    "wechat": Text("微信", "WeChat"),
    "fax": Text("传真", "Fax"),
    "visit": Text("面谈", "In person"),
}
PAYMENT_TERMS = {
    "prepaid": Text("预付款", "Prepayment"),
    "on_delivery": Text("货到付款", "On delivery"),
    "net30": Text("月结 30 天", "30 days net"),
    "net60": Text("月结 60 天", "60 days net"),
    "net90": Text("月结 90 天", "90 days net"),
    "letter_of_credit": Text("信用证", "Letter of credit"),
}
DOCUMENTS = {
    "coa": Text("检验报告 COA", "Certificate of analysis"),
    "sds": Text("安全技术说明书 SDS", "Safety data sheet"),
    "origin": Text("原产地证", "Certificate of origin"),
    "packing_list": Text("装箱单", "Packing list"),
    "dangerous_goods": Text("危险品声明", "Dangerous goods declaration"),
}
ADDRESS_USES = {
    "registered": Text("注册地址", "Registered"),
    "delivery": Text("收货地址", "Delivery"),
    "billing": Text("开票地址", "Billing"),
    "office": Text("办公地点", "Office"),
}
RISKS = {
    "A": Text("A 低", "A, low"),
    "B": Text("B 中", "B, medium"),
    "C": Text("C 较高", "C, raised"),
    "D": Text("D 高", "D, high"),
}

_CONTACTS = Field(
    "contacts",
    Text("联系人", "Contacts"),
    Type.ROWS,
    section="contact",
    table=parties.party_contact,
    parent="party_key",
    fields=(
        Field("name", Text("姓名", "Name"), is_required=True, longest=200),
        Field("role", Text("职务", "Role"), longest=200),
        Field("language", Text("语言", "Language"), Type.CHOICE, options=LANGUAGES),
        Field("channel", Text("首选渠道", "Preferred channel"), Type.CHOICE, options=CHANNELS),
        Field("phone", Text("电话", "Telephone"), Type.PHONE, longest=40),
        Field("email", Text("邮箱", "E-mail"), Type.EMAIL, longest=320),
        Field("is_recall_contact", Text("召回联系人", "Recall contact"), Type.YES_NO),
    ),
)
_ADDRESSES = Field(
    "addresses",
    Text("地址", "Addresses"),
    Type.ROWS,
    section="contact",
    table=parties.party_address,
    parent="party_key",
    fields=(
        Field("use", Text("用途", "Use"), Type.CHOICE, is_required=True, options=ADDRESS_USES),
        Field("address", Text("地址", "Address"), is_required=True),
        Field("city", Text("城市", "City"), longest=120),
        Field("postcode", Text("邮编", "Postcode"), longest=20),
    ),
)
_CONTRACTS = Field(
    "contracts",
    Text("合同", "Contracts"),
    Type.ROWS,
    section="trade",
    table=parties.party_contract,
    parent="party_key",
    fields=(
        Field("number", Text("合同编号", "Contract number"), is_required=True, longest=60),
        Field("title", Text("内容", "Subject"), longest=200),
        Field("valid_from", Text("生效日", "From"), Type.DATE),
        Field("valid_to", Text("到期日", "Until"), Type.DATE),
    ),
)
_MATERIALS = Field(
    "materials",
    Text("客户物料", "Customer materials"),
    Type.ROWS,
    section="trade",
    table=parties.party_material,
    parent="party_key",
    fields=(
        Field("product", Text("我方产品", "Our product"), is_required=True, longest=60),
        Field("their_code", Text("客户物料号", "Customer’s code"), longest=60),
        Field("use", Text("用途", "Use"), longest=200),
    ),
)


def _keep(session: Session, batch: Mapping[int, Values]) -> None:
    duplicates.keep_marks(session, batch)
    clocks.count_anew(session, batch)


PARTY = known.add(
    Kind(
        id="party",
        name=Text("客户", "Party"),
        plural=Text("客户资料", "Parties"),
        icon="users",
        table=parties.party,
        code="code",
        series="P",
        title=("name", "name_latin"),
        shown={"is_listed": True},
        listed=("type", "country", "phone", "reviewed_on", "completeness"),
        searched=(
            "code",
            "name",
            "name_latin",
            "tax_number",
            "phone",
            "email",
            "contacts.name",
            "contacts.phone",
            "contacts.email",
            "addresses.city",
            "materials.their_code",
        ),
        sorted_by=("name", "completeness"),
        filtered_by=("type", "country", "is_key"),
        edited_by=_CALL_GROUPS,
        check=rules.check,
        derive=rules.derive,
        look=clocks.calendar_is_kept,
        keep=_keep,
        sections=(
            Section("base", Text("基本资料", "Base data")),
            Section("contact", Text("联系方式", "Contact")),
            Section("trade", Text("合同与交易", "Contracts and trade")),
            Section("requirements", Text("要求", "Requirements")),
        ),
        fields=(
            Field("code", Text("编号", "Number"), is_read_only=True, longest=40, section="base"),
            Field(
                "name",
                Text("名称", "Name"),
                is_required=True,
                shortest=2,
                longest=200,
                section="base",
                help=Text("客户自己使用的名称", "As the customer writes it"),
            ),
            Field(
                "name_latin",
                Text("英文名称", "Name in Latin letters"),
                shortest=2,
                longest=200,
                section="base",
            ),
            Field("type", Text("类型", "Type"), Type.CHOICE, is_required=True, options=TYPES, section="base"),
            Field(
                "is_key",
                Text("重点客户", "Key customer"),
                Type.YES_NO,
                section="base",
                help=Text("每半年复核一次", "Reviewed twice a year"),
            ),
            Field("country", Text("国家或地区", "Country"), Type.COUNTRY, is_required=True, section="base"),
            Field(
                "tax_number",
                Text("税号", "Tax number"),
                longest=40,
                section="base",
                help=Text("同一国家内唯一", "Unique in its country"),
            ),
            Field(
                "language",
                Text("往来语言", "Language of letters"),
                Type.CHOICE,
                is_required=True,
                options=LANGUAGES,
                section="base",
            ),
            Field(
                "calendar",
                Text("工作日历", "Calendar"),
                longest=40,
                section="base",
                help=Text(
                    "日历代码，如 CN；不填则用本单位日历", "Code of a calendar, as CN; without it ours counts"
                ),
            ),
            Field("phone", Text("电话", "Telephone"), Type.PHONE, longest=40, section="contact"),
            Field("fax", Text("传真", "Fax"), Type.PHONE, longest=40, section="contact"),
            Field("email", Text("邮箱", "E-mail"), Type.EMAIL, longest=320, section="contact"),
            Field("office", Text("办公地点", "Office"), section="contact"),
            _ADDRESSES,
            _CONTACTS,
            Field(
                "payment_terms",
                Text("付款条款", "Payment terms"),
                Type.CHOICE,
                options=PAYMENT_TERMS,
                section="trade",
                approvers=MASTER_DATA,
            ),
            Field("bank_name", Text("开户银行", "Bank"), longest=200, section="trade", approvers=MASTER_DATA),
            Field(
                "bank_account",
                Text("银行账号", "Bank account"),
                longest=60,
                is_personal=True,
                section="trade",
                approvers=MASTER_DATA,
            ),
            Field(
                "credit_limit",
                Text("信用额度", "Credit limit"),
                Type.MONEY,
                least=0,
                section="trade",
                approvers=CREDIT,
            ),
            Field("currency", Text("币种", "Currency"), Type.CURRENCY, section="trade"),
            _CONTRACTS,
            _MATERIALS,
            Field(
                "transport_requirements",
                Text("运输要求", "Transport requirements"),
                Type.LONG_TEXT,
                longest=4000,
                section="requirements",
            ),
            Field(
                "document_requirements",
                Text("文档要求", "Document requirements"),
                Type.CHOICES,
                options=DOCUMENTS,
                section="requirements",
            ),
            Field(
                "reviewed_on",
                Text("复核日", "Reviewed on"),
                Type.DATE,
                is_read_only=True,
                section="requirements",
            ),
            Field(
                "review_due_on",
                Text("下次复核", "Next review"),
                Type.DATE,
                is_read_only=True,
                section="requirements",
            ),
            Field(
                "completeness",
                Text("完整度", "Completeness"),
                Type.NUMBER,
                is_read_only=True,
                unit="%",
                section="requirements",
            ),
        ),
    )
)

COUNTRY_FILE = known.add(
    Kind(
        id="country_file",
        name=Text("国家信用资料", "Country file"),
        plural=Text("国家信用资料", "Country files"),
        icon="globe",
        table=parties.country_file,
        code="country",
        title=("country", "country"),
        listed=("political_risk", "credit_terms", "source_branch", "valid_to"),
        searched=("country", "credit_terms", "source_branch"),
        sorted_by=("country", "valid_to", "political_risk"),
        filtered_by=("political_risk",),
        edited_by=frozenset({CREDIT, "sales"}),
        fields=(
            Field("country", Text("国家或地区", "Country"), Type.COUNTRY, is_required=True),
            Field(
                "political_risk",
                Text("政治风险", "Political risk"),
                Type.CHOICE,
                is_required=True,
                options=RISKS,
                approvers="",
            ),
            Field("credit_terms", Text("信用条款", "Credit terms"), is_required=True),
            Field("rules", Text("法规", "Law and rules"), Type.LONG_TEXT, is_required=True, longest=20_000),
            Field("source_branch", Text("来源分支机构", "Source branch"), is_required=True, longest=120),
            Field(
                "valid_to",
                Text("有效期至", "Valid until"),
                Type.DATE,
                is_required=True,
                help=Text("通常自确认之日起 12 个月", "Usually 12 months from the confirmation"),
            ),
        ),
    )
)
