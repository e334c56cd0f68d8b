"""The kinds of record about goods: products, lots and what they were made of, stock, orders and deliveries."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from laneway.engine.access import MASTER_DATA
from laneway.engine.tables.department import goods
from laneway.records.goods import lots, stock
from laneway.records.kinds import known
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values
from laneway.words import Text

_LOGISTICS = frozenset({"logistics", MASTER_DATA})
_LOT_EDITORS = _LOGISTICS | {"quality", "recall_coord"}
_ORDER_EDITORS = _LOGISTICS | {"sales", "service_coord", "cs_manager"}
_MOST = 10**12
_QUANTITY = Text("数量", "Quantity")
_QUANTITY_HELP = Text("以产品计量单位计，最多三位小数", "In the product’s unit, three decimals at most")

LOT_KINDS = {
    "RAW": Text("原料批", "Raw material"),
    "BLEND": Text("混合批", "Blend"),
    "LOT": Text("成品批", "Finished lot"),
    "PACKAGE": Text("包装单元", "Package"),
}
MOVEMENT_KINDS = {
    "OPENING": Text("期初", "Opening"),
    "RECEIPT": Text("生产或采购入库", "Receipt"),
    "TRANSFER_IN": Text("调入", "Transfer in"),
    "CONSUMPTION": Text("领用", "Consumption"),
    "TRANSFER_OUT": Text("调出", "Transfer out"),
    "OUTFLOW": Text("销售出库", "Outflow"),
}
ORDER_STATES = {
    "OPEN": Text("未交", "Open"),
    "DELIVERED": Text("已交", "Delivered"),
    "CANCELLED": Text("已取消", "Cancelled"),
}


def _quantity(label: Text = _QUANTITY, help_: Text = _QUANTITY_HELP) -> Field:
    """A quantity in thousandths of the product's unit."""
    return Field(
        "quantity", label, Type.NUMBER, is_required=True, decimals=3, least=-_MOST, most=_MOST, help=help_
    )


def _product(*, is_required: bool = True) -> Field:
    return Field(
        "product_key",
        Text("产品", "Product"),
        Type.REFERENCE,
        is_required=is_required,
        refers_to="product",
        help=Text("产品代码", "Code of the product"),
    )


def _lot(name: str, label: Text, *, is_required: bool) -> Field:
    return Field(name, label, Type.REFERENCE, is_required=is_required, refers_to="lot")


def _above_zero(found: Values) -> list[Problem]:
    """Every quantity is more than zero, in rows too."""
    problems: list[Problem] = []
    if found.get("quantity") is not None and found["quantity"] <= 0:
        problems.append(("quantity", "not_positive", {}))
    for name in ("made_of", "lines"):
        for at, row in enumerate(found.get(name) or []):
            if row.get("quantity") is not None and row["quantity"] <= 0:
                problems.append((f"{name}.{at}.quantity", "not_positive", {}))
    return problems


def _lot_alone(found: Values) -> list[Problem]:
    problems = _above_zero(found)
    begins, ends = found.get("produced_on"), found.get("expires_on")
    if begins and ends and ends < begins:
        problems.append(("expires_on", "ends_before_it_begins", {}))
    return problems


def _lot_among_others(session: Session, before: Values, after: Values) -> list[Problem]:
    """No lot descends from itself."""
    if not before:
        return []
    descendants = lots.descendants(session, before["number"])
    return [
        (f"made_of.{at}.from_key", "lot_descends_from_itself", {"lot": descendants[row["from_key"]]})
        for at, row in enumerate(after.get("made_of") or [])
        if row["from_key"] in descendants
    ]


def _keep_balances(session: Session, batch: Mapping[int, Values]) -> None:
    stock.add_to_balances(session, batch.values())


PRODUCT = known.add(
    Kind(
        id="product",
        name=Text("产品", "Product"),
        plural=Text("产品", "Products"),
        icon="case",
        table=goods.product,
        code="code",
        title=("name_zh", "name_en"),
        listed=("unit", "hazard", "stock_as_of", "is_active"),
        searched=("code", "name_zh", "name_en"),
        sorted_by=("code",),
        filtered_by=("is_active",),
        edited_by=_LOGISTICS | {"quality", "hse"},
        fields=(
            Field("code", Text("代码", "Code"), is_required=True, longest=40),
            Field("name_zh", Text("中文名称", "Chinese name"), is_required=True, longest=200),
            Field("name_en", Text("英文名称", "English name"), is_required=True, longest=200),
            Field(
                "unit",
                Text("计量单位", "Unit"),
                is_required=True,
                longest=20,
                help=Text("如 t、kg、桶", "Such as t, kg, drum"),
            ),
            Field("hazard", Text("危险类别", "Hazard classes"), longest=100),
            Field("sds_version", Text("SDS 版本", "SDS version"), longest=40),
            Field(
                "shelf_life_days",
                Text("保质期", "Shelf life"),
                Type.NUMBER,
                least=1,
                most=36_500,
                unit="天 / days",
            ),
            Field("is_active", Text("在售", "In use"), Type.YES_NO, initial=True),
            Field("stock_as_of", Text("库存确认于", "Stock confirmed"), Type.MOMENT, is_read_only=True),
            Field("stock_confirmed_by", Text("确认人", "Confirmed by"), is_read_only=True),
        ),
    )
)

LOT = known.add(
    Kind(
        id="lot",
        name=Text("批次", "Lot"),
        plural=Text("批次", "Lots"),
        icon="flow",
        table=goods.lot,
        code="number",
        title=("number", "number"),
        listed=("product_key", "kind", "quantity", "produced_on", "expires_on"),
        searched=("number",),
        sorted_by=("number",),
        filtered_by=("kind", "product_key"),
        edited_by=_LOT_EDITORS,
        check=_lot_alone,
        look=_lot_among_others,
        fields=(
            Field("number", Text("批号", "Number"), is_required=True, longest=60),
            _product(is_required=False),
            Field("kind", Text("类别", "Kind"), Type.CHOICE, is_required=True, options=LOT_KINDS),
            _quantity(),
            Field("produced_on", Text("生产日期", "Produced on"), Type.DATE),
            Field("expires_on", Text("到期日", "Expires on"), Type.DATE),
            Field(
                "made_of",
                Text("由何制成", "Made of"),
                Type.ROWS,
                table=goods.lot_origin,
                parent="lot_key",
                row_key="from_key",
                position="",
                fields=(
                    _lot("from_key", Text("来源批次", "From lot"), is_required=True),
                    _quantity(Text("用量", "Quantity used")),
                ),
            ),
        ),
    )
)

MOVEMENT = known.add(
    Kind(
        id="stock_movement",
        name=Text("库存流水", "Stock movement"),
        plural=Text("库存流水", "Stock movements"),
        icon="swap",
        table=goods.stock_movement,
        code="reference",
        identity=("reference", "kind", "product_key"),
        title=("reference", "reference"),
        listed=("product_key", "warehouse", "kind", "quantity", "at"),
        searched=("reference",),
        sorted_by=("at", "reference"),
        filtered_by=("kind", "product_key"),
        edited_by=_LOGISTICS,
        is_append_only=True,
        author="entered_by",
        check=_above_zero,
        keep=_keep_balances,
        fields=(
            Field(
                "reference",
                Text("单据号", "Reference"),
                is_required=True,
                longest=120,
                help=Text("来源系统中的编号", "Its number where it comes from"),
            ),
            _product(),
            Field("kind", Text("类别", "Kind"), Type.CHOICE, is_required=True, options=MOVEMENT_KINDS),
            _quantity(),
            Field("warehouse", Text("仓库", "Warehouse"), is_required=True, longest=60),
            Field("at", Text("发生时间", "Moved at"), Type.MOMENT, is_required=True),
            _lot("lot_key", Text("批次", "Lot"), is_required=False),
        ),
    )
)

INCOMING = known.add(
    Kind(
        id="incoming_stock",
        name=Text("在途货物", "Incoming stock"),
        plural=Text("在途货物", "Incoming stock"),
        icon="down",
        table=goods.incoming_stock,
        code="reference",
        title=("reference", "reference"),
        listed=("product_key", "quantity", "expected_on", "arrived_at"),
        searched=("reference",),
        sorted_by=("reference",),
        filtered_by=("product_key",),
        edited_by=_LOGISTICS,
        check=_above_zero,
        fields=(
            Field("reference", Text("单据号", "Reference"), is_required=True, longest=120),
            _product(),
            _quantity(),
            Field("expected_on", Text("预计到货", "Expected on"), Type.DATE, is_required=True),
            Field("arrived_at", Text("实际到货", "Arrived"), Type.MOMENT),
        ),
    )
)

_CUSTOMER = Field(
    "customer",
    Text("客户", "Customer"),
    is_required=True,
    longest=200,
    help=Text("客户编号或名称", "Number or name of the party"),
)
_LINE = Field("line", Text("行号", "Line"), Type.NUMBER, is_required=True, least=1, most=99_999)

ORDER = known.add(
    Kind(
        id="customer_order",
        name=Text("客户订单", "Customer order"),
        plural=Text("客户订单", "Customer orders"),
        icon="form",
        table=goods.customer_order,
        code="number",
        title=("number", "number"),
        listed=("customer", "ordered_at", "state"),
        searched=("number", "customer"),
        sorted_by=("number",),
        filtered_by=("state",),
        edited_by=_ORDER_EDITORS,
        check=_above_zero,
        fields=(
            Field("number", Text("订单号", "Number"), is_required=True, longest=60),
            _CUSTOMER,
            Field("ordered_at", Text("下单时间", "Ordered"), Type.MOMENT, is_required=True),
            Field("state", Text("状态", "State"), Type.CHOICE, is_required=True, options=ORDER_STATES),
            Field(
                "lines",
                Text("订单行", "Lines"),
                Type.ROWS,
                table=goods.order_line,
                parent="order_key",
                row_key="line",
                position="",
                fields=(
                    _LINE,
                    _product(),
                    _quantity(Text("未交数量", "Still to be delivered")),
                    Field("wanted_on", Text("要求日期", "Wanted on"), Type.DATE, is_required=True),
                ),
            ),
        ),
    )
)

DELIVERY = known.add(
    Kind(
        id="delivery",
        name=Text("发货单", "Delivery"),
        plural=Text("发货单", "Deliveries"),
        icon="send",
        table=goods.delivery,
        code="number",
        title=("number", "number"),
        listed=("customer", "order_key", "shipped_at"),
        searched=("number", "customer"),
        sorted_by=("number",),
        edited_by=_ORDER_EDITORS,
        check=_above_zero,
        fields=(
            Field("number", Text("发货单号", "Number"), is_required=True, longest=60),
            Field("order_key", Text("订单", "Order"), Type.REFERENCE, refers_to=ORDER.id),
            _CUSTOMER,
            Field("shipped_at", Text("发货时间", "Shipped"), Type.MOMENT, is_required=True),
            Field(
                "lines",
                Text("发货行", "Lines"),
                Type.ROWS,
                table=goods.delivery_line,
                parent="delivery_key",
                row_key="line",
                position="",
                fields=(_LINE, _lot("lot_key", Text("批次", "Lot"), is_required=True), _quantity()),
            ),
        ),
    )
)
