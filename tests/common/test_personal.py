"""Values about people: read from many spellings, masked wherever they go out."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from gridwhistle.common.personal import KINDS, MASKED, AddressDetail, IdNumber, Personal, PersonName, Phone
from gridwhistle.common.wire import Body, View, not_valid
from gridwhistle.standalone import services


class Card(Body):
    name: PersonName | None = None
    phone: Phone | None = None
    id_number: IdNumber | None = None
    address: AddressDetail | None = None


class CardView(View):
    name: PersonName
    phone: Phone | None


@pytest.mark.parametrize(
    ("kind", "written", "full", "mask"),
    [
        pytest.param(Phone, "13800138000", "13800138000", "138****8000", id="a mobile number"),
        pytest.param(Phone, "+86 138-0013 8000", "13800138000", "138****8000", id="with country code, spaces and hyphens"),
        pytest.param(Phone, "13800138000", "13800138000", "138****8000", id="in full-width digits"),
        pytest.param(Phone, "0571-88001234", "0571-88001234", "0571-****1234", id="with an area code"),
        pytest.param(Phone, "(010) 6552 1234", "010-65521234", "010-****1234", id="with an area code of three digits"),
        pytest.param(PersonName, "张三", "张三", "张**", id="a name"),
        pytest.param(PersonName, "阿依古丽•买买提", "阿依古丽·买买提", "阿**", id="a name with a dot"),
        pytest.param(PersonName, "  Ann   O'Neill ", "Ann O'Neill", "A**", id="a name in Latin letters"),
        pytest.param(PersonName, "王", "王", "**", id="a name of one character shows nothing"),
        pytest.param(IdNumber, "11010519491231002x", "11010519491231002X", "1101**********002X", id="an identity number"),
        pytest.param(
            AddressDetail, "示例县城关镇幸福里3栋502室", "示例县城关镇幸福里3栋502室", "示例县城关镇****", id="an address"
        ),
        pytest.param(AddressDetail, "幸福里3栋502室", "幸福里3栋502室", "****", id="an address without a township"),
        pytest.param(AddressDetail, "幸福里3栋张家镇", "幸福里3栋张家镇", "****", id="an address whose township ends it"),
    ],
)
def test_a_value_has_one_spelling_and_one_mask(kind: type[Personal], written: str, full: str, mask: str) -> None:
    value = kind.read(written)

    assert (value.full, str(value), repr(value)) == (full, mask, f"{kind.__name__}({mask})")


@pytest.mark.parametrize(
    ("field", "written"),
    [
        pytest.param("phone", "1380013800", id="a mobile number of ten digits"),
        pytest.param("phone", "23800138000", id="no mobile number begins with 2"),
        pytest.param("phone", "88001234", id="a number without its area code"),
        pytest.param("phone", "call me", id="words"),
        pytest.param("name", "张三13800138000", id="a name with a number behind it"),
        pytest.param("name", "<b>", id="a name of signs"),
        pytest.param("id_number", "110105194912310021", id="a wrong check digit"),
        pytest.param("id_number", "11010519491331002X", id="a thirteenth month"),
        pytest.param("id_number", "11010519491231002", id="17 digits"),
    ],
)
def test_what_is_none_is_refused_and_not_repeated(field: str, written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Card.model_validate_json(f'{{"{field}": "{written}"}}')

    problem = not_valid(refused.value)
    assert problem.errors[0]["pointer"] == f"#/{field}"
    assert written not in str(problem.body("en", "r-1"))
    assert b"is not valid" not in problem.body("en", "r-1").partition(b"errors")[2]


def test_whatever_shows_a_value_shows_its_mask() -> None:
    card = Card.model_validate_json('{"name": "张三丰", "phone": "13800138000"}')
    view = CardView(name=card.name, phone=card.phone)  # type: ignore[arg-type]

    shown = (view.model_dump_json(), str(view.model_dump()), repr(card), f"{card.phone} {card}", str(dict(card)))

    assert not any("三丰" in text or "13800138000" in text for text in shown)
    assert view.model_dump_json() == '{"name":"张**","phone":"138****8000"}'


def test_a_text_field_cannot_carry_a_value_about_a_person() -> None:
    class Careless(View):
        phone: str

    with pytest.raises(ValidationError):
        Careless(phone=Phone("13800138000"))  # type: ignore[arg-type]
    with pytest.raises(PydanticSerializationError):
        Careless.model_construct(phone=Phone("13800138000")).model_dump_json()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_contract_shows_the_mask_where_the_mask_is_given(kind: type[Personal]) -> None:
    class Asked(Body):
        value: kind  # type: ignore[valid-type]

    asked, given = (Asked.model_json_schema(mode=mode)["properties"]["value"] for mode in ("validation", "serialization"))  # type: ignore[arg-type]

    assert asked["examples"] == [kind.example]
    assert "*" in given["examples"][0]
    assert {asked["x-data-class"], given["x-data-class"]} <= {"P2", "P3"}


def bodies(model: type[Body] = Body) -> Iterator[type[Body]]:
    """Return everything that a request can carry, in whichever service."""
    for one in model.__subclasses__():
        yield one
        yield from bodies(one)


def test_what_is_masked_is_a_text_where_nothing_may_be_said() -> None:
    assert services.KINDS  # their bodies are loaded
    masked_fields = [
        (model.__name__, name, field.annotation)
        for model in bodies()
        for name, field in model.model_fields.items()
        if MASKED in field.metadata
    ]

    assert masked_fields
    assert [one for one in masked_fields if one[2] is not str] == []
