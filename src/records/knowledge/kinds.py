"""Articles for answering enquiries, and the catalogue of predefined solutions, in both languages."""

from __future__ import annotations

from laneway.engine.tables.department import parties
from laneway.records.kinds import known
from laneway.records.kinds.declared import Field, Kind, Type
from laneway.words import Text

TOPICS = {
    "storage": Text("储存", "Storage"),
    "handling": Text("操作与防护", "Handling and protection"),
    "transport": Text("运输", "Transport"),
    "processing": Text("加工工艺", "Processing"),
    "quality": Text("质量与检验", "Quality and tests"),
    "safety": Text("安全与应急", "Safety and emergencies"),
    "supply": Text("供货与订单", "Supply and orders"),
    "regulation": Text("法规", "Regulation"),
    "invoice": Text("发票与付款", "Invoices and payment"),
}
PROBLEMS = {
    "off_spec": Text("指标不合格", "Off specification"),
    "packaging": Text("包装破损", "Damaged packaging"),
    "bulging": Text("鼓桶", "Bulging drum"),
    "crystals": Text("结晶或沉淀", "Crystals or sediment"),
    "short_delivery": Text("短缺或错发", "Short or wrong delivery"),
    "late": Text("交货延误", "Late delivery"),
    "invoice": Text("发票差错", "Wrong invoice"),
    "equipment": Text("设备故障", "Equipment failure"),
    "other": Text("其他", "Other"),
}
REMEDIES = {
    "repair": Text("维修或现场支持", "Repair or support on site"),
    "refund": Text("退款", "Refund"),
    "exchange": Text("换货", "Exchange"),
    "credit_note": Text("贷项通知单", "Credit note"),
    "advice": Text("技术指导", "Advice"),
    "other": Text("其他", "Other"),
}
_EDITORS = frozenset({"tech_service", "quality", "hse", "complaint_lead", "cs_manager", "process_owner"})

ARTICLE = known.add(
    Kind(
        id="knowledge_article",
        name=Text("知识文章", "Knowledge article"),
        plural=Text("知识库", "Knowledge base"),
        icon="info",
        table=parties.knowledge_article,
        code="code",
        series="KB",
        title=("title_zh", "title_en"),
        listed=("owner_group", "review_on"),
        searched=("code", "title_zh", "title_en", "text_zh", "text_en"),
        sorted_by=("code", "review_on"),
        edited_by=_EDITORS,
        fields=(
            Field("code", Text("编号", "Number"), is_read_only=True, longest=40),
            Field("title_zh", Text("中文标题", "Chinese title"), is_required=True, longest=200),
            Field("title_en", Text("英文标题", "English title"), is_required=True, longest=200),
            Field(
                "text_zh", Text("中文内容", "Chinese text"), Type.LONG_TEXT, is_required=True, longest=20_000
            ),
            Field(
                "text_en", Text("英文内容", "English text"), Type.LONG_TEXT, is_required=True, longest=20_000
            ),
            Field("topics", Text("主题", "Topics"), Type.CHOICES, is_required=True, options=TOPICS),
            Field("owner_group", Text("负责组", "Owner"), is_required=True, longest=120),
            Field("review_on", Text("下次复核", "Next review"), Type.DATE, is_required=True),
        ),
    )
)

SOLUTION = known.add(
    Kind(
        id="solution",
        name=Text("解决方案", "Solution"),
        plural=Text("解决方案目录", "Solutions"),
        icon="check",
        table=parties.solution,
        code="code",
        series="SL",
        title=("title_zh", "title_en"),
        listed=("problem", "remedy", "is_active"),
        searched=("code", "title_zh", "title_en", "steps_zh", "steps_en"),
        sorted_by=("code", "problem"),
        filtered_by=("problem", "remedy", "is_active"),
        edited_by=_EDITORS,
        fields=(
            Field("code", Text("编号", "Number"), is_read_only=True, longest=40),
            Field("title_zh", Text("中文标题", "Chinese title"), is_required=True, longest=200),
            Field("title_en", Text("英文标题", "English title"), is_required=True, longest=200),
            Field("problem", Text("问题类别", "Problem"), Type.CHOICE, is_required=True, options=PROBLEMS),
            Field("remedy", Text("处理方式", "Remedy"), Type.CHOICE, is_required=True, options=REMEDIES),
            Field(
                "steps_zh",
                Text("中文步骤", "Steps in Chinese"),
                Type.LONG_TEXT,
                is_required=True,
                longest=20_000,
            ),
            Field(
                "steps_en",
                Text("英文步骤", "Steps in English"),
                Type.LONG_TEXT,
                is_required=True,
                longest=20_000,
            ),
            Field("is_active", Text("可用", "In use"), Type.YES_NO, initial=True),
        ),
    )
)
