import asyncio
import csv
import io
import json

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.ground import phone
from shared.ground.errors import InputError
from shared.ground.ids import SenderId
from shared.ground.tables import SEPARATORS
from shared.outbound.intake import MAX_ROW_BYTES, MEDIA_TYPES, Rejection, Row, e164, national, read_rows
from shared.outbound.intake.csv_rows import CsvReader, ends_in_quotes
from shared.outbound.intake.rows import RowJudge
from shared.outbound.intake.whole import split_params
from shared.templates.model import Category, Template, TemplateStatus

CSV, NDJSON, JSON = MEDIA_TYPES
TEMPLATE = Template(
    SenderId("clinic"), "reminder", "en", Category.UTILITY, TemplateStatus.APPROVED, None, "{{name}}: {{1}}, {{2}}"
)
HEADER = ["phone", "1", "2", "name", "note", "priority", "send_at", "timezone", "opt_in_source", "opt_in_at"]

# Text that an encoder can carry; NUL is dropped on the way in, so it would not come back.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
numbers = st.integers(0, 9999).map(lambda n: f"+1415555{n:04d}")
cells = st.one_of(
    texts,
    st.text('",;\t\n\r |\\', max_size=6),
    numbers,
    st.sampled_from(["9", "2026-05-01T10:30", "America/Montevideo", "web", "+14155550101.0", "four    five     "]),
)
fragments = st.lists(
    st.sampled_from(
        [
            *[
                b'"',
                b'""',
                b",",
                b";",
                b"\t",
                b"\n",
                b"\r",
                b"\r\n",
                b" ",
                b"\0",
                b"\xff",
                b"\xc3",
                b"\xa9",
                b"\xef\xbb\xbf",
            ],
            *[
                b"[",
                b"]",
                b"{",
                b"}",
                b":",
                b"\\",
                b'\\"',
                b"\\u",
                b"d800",
                b"NaN",
                b"1e5",
                b"-",
                b"null",
                b"true",
                b"|",
            ],
            *[b"phone", b"params", b"1", b"2", b"name", b"send_at", b"+14155550101", b"phone,params\n", b'{"phone":"'],
            *[b'{"phone":"+14155550101","params":["a","b","c"]}', b"x" * (MAX_ROW_BYTES // 3), b"\n" * 300],
        ]
    ),
    max_size=40,
).map(b"".join)
files = st.one_of(
    st.binary(max_size=300),
    fragments,
    fragments.map(lambda raw: b"phone,1,2,name\n" + raw),
    fragments.map(lambda raw: b"[" + raw),
)
media_types = st.sampled_from(MEDIA_TYPES)


def outcome(chunks, media_type, region="US"):
    """Everything that a caller can see: the verdicts, then the error, if there was one."""

    async def stream():
        for chunk in chunks:
            yield chunk

    async def exhaust():
        seen = []
        try:
            async for verdict in read_rows(stream(), media_type, TEMPLATE, region):
                seen.append(verdict)  # noqa: PERF401 (what is seen before an error counts)
        except InputError as error:
            return seen, (type(error), error.code, error.detail)
        return seen, None

    return asyncio.run(exhaust())


@given(files, media_types, st.sampled_from([None, "US", "UY", "XX"]))
@example(b"[" * 60_000, NDJSON, None)
@example(b"[" * 60_000, JSON, None)
@settings(deadline=None)
def test_arbitrary_bytes_raise_nothing_but_an_input_error(raw, media_type, region):
    verdicts, error = outcome([raw], media_type, region)
    assert all(isinstance(verdict, Row | Rejection) for verdict in verdicts)
    assert error is None or all(error[1:])


@given(files, media_types, st.data())
@settings(deadline=None, max_examples=300)
def test_the_cut_into_chunks_changes_nothing(raw, media_type, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    chunks = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert outcome(chunks, media_type) == outcome([raw], media_type)


@given(files.filter(lambda raw: len(raw) < 2_000), media_types)
@settings(deadline=None)
def test_one_byte_at_a_time_is_the_same_file(raw, media_type):
    assert outcome([raw[at : at + 1] for at in range(len(raw))], media_type) == outcome([raw], media_type)


@given(st.lists(st.lists(cells, min_size=len(HEADER), max_size=len(HEADER))), st.sampled_from(SEPARATORS))
@settings(deadline=None)
def test_every_row_of_a_csv_gets_one_verdict(rows, separator):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([HEADER, *rows])
    verdicts, error = outcome([file.getvalue().encode()], CSV)
    assert error is None
    assert len(verdicts) == sum(any(cell.strip() for cell in row) for row in rows)
    lines = [verdict.line for verdict in verdicts]
    assert lines == sorted(set(lines))


@given(st.lists(st.tuples(numbers, texts, texts, texts, texts)))
@settings(deadline=None)
def test_what_is_accepted_is_what_was_written(rows):
    file = io.StringIO()
    csv.writer(file).writerows([HEADER[:5], *rows])
    verdicts, _ = outcome([file.getvalue().encode()], CSV)
    for verdict, (number, first, second, name, note) in zip(verdicts, rows, strict=True):
        if isinstance(verdict, Row):
            assert verdict.address == number
            assert verdict.parameters == {"1": first.strip(), "2": second.strip(), "name": name.strip()}
            assert verdict.own == ({"note": note.strip()} if note.strip() else {})
        else:
            assert verdict.reason in {"missing-parameter", "malformed-parameter"}


@given(st.lists(cells.map(lambda cell: "secret" + cell), min_size=len(HEADER), max_size=len(HEADER) + 2))
@settings(deadline=None)
def test_a_rejection_shows_no_value(row):
    file = io.StringIO()
    csv.writer(file).writerows([HEADER, row])
    (verdict,), _ = outcome([file.getvalue().encode()], CSV)
    assert isinstance(verdict, Rejection)
    assert "secret" not in verdict.detail


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), cells),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
contacts = st.dictionaries(st.one_of(st.sampled_from([*HEADER, "params", "text"]), texts), json_values, max_size=8)
elements = st.lists(st.one_of(contacts, json_values), max_size=6)


@given(elements, st.booleans(), st.sampled_from([None, 1]))
@settings(deadline=None)
def test_every_element_gets_the_same_verdict_in_either_kind_of_json(values, is_ascii, indent):
    array, error = outcome([json.dumps(values, ensure_ascii=is_ascii, indent=indent).encode()], JSON)
    assert error is None
    assert [verdict.line for verdict in array] == list(range(1, len(values) + 1))
    lines = "\n".join(json.dumps(value, ensure_ascii=is_ascii) for value in values)
    assert not values or outcome([lines.encode()], NDJSON) == (array, None)


@given(st.text('",;a \n', max_size=30), st.sampled_from(SEPARATORS))
@settings(max_examples=500)
def test_rows_end_where_the_csv_module_ends_them(text, separator):
    lines = text.splitlines(keepends=True)
    ours, is_open = [], False
    for number, line in enumerate(lines, 1):
        is_open = ends_in_quotes(line, separator, is_open)
        if not is_open:
            ours.append(number)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    theirs = [reader.line_num for _ in reader]
    assert ours == (theirs[:-1] if is_open else theirs)  # the module closes an open row at the end; we refuse it


@given(st.lists(st.text('",;a \n\r', max_size=12), max_size=6), st.sampled_from(SEPARATORS))
def test_rows_are_those_of_the_csv_module(pieces, separator):
    reader = CsvReader(RowJudge(TEMPLATE, None, "UTC"))
    header = f"phone{separator}name\n"
    ours = [cells for piece in [header, *pieces] for _, cells in reader._rows(iter(piece.splitlines(keepends=True)))]
    lines = [line for piece in [header, *pieces] for line in piece.splitlines(keepends=True)]
    theirs = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    assert ours == (theirs[:-1] if reader._open_row else theirs)


@given(st.lists(texts, min_size=1))
def test_params_come_back_from_their_escapes(values):
    joined = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
    assert split_params(joined) == values


def _verdict(parse, text, region):
    try:
        return parse(text, region)
    except phone.InvalidPhone as invalid:
        return invalid.reason


national_numbers = st.builds(
    str.__add__,
    st.sampled_from(["", "0", "00", "1", "11", "15", "044", "52", "8", "9"]),
    st.text("0123456789", max_size=14),
)


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
@given(national=national_numbers, region=st.sampled_from([None, "US", "UY", "BR", "IT", "XX"]))
@settings(deadline=None, max_examples=25)
def test_the_quick_way_gives_the_verdict_of_the_long_way(code, national, region):
    for text in (f"+{code}{national}", f"+{code} {national}"):
        assert _verdict(e164.parse, text, region) == _verdict(phone.parse, text, region)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[+＋٠-٩0-9]{6,16}")), st.sampled_from([None, "US", "AR"]))
@settings(deadline=None)
def test_the_quick_way_on_arbitrary_text(text, region):
    assert _verdict(e164.parse, text, region) == _verdict(phone.parse, text, region)


GAPS = st.sampled_from(["", "", " ", "-", "  ", "/", ") "])


@st.composite
def of_a_region(draw, region):
    """A number like its mobile numbers, with some digits and gaps of other ones, as people of the country write it."""
    kind = draw(st.sampled_from(KINDS))
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    digits = phonenumbers.national_significant_number(example) if example is not None else "2025550101"
    kept = draw(st.integers(0, len(digits)))
    changed = digits[:kept] + draw(st.text("0123456789", min_size=len(digits) - kept, max_size=len(digits) - kept + 1))
    prefix = draw(
        st.sampled_from(["", "", "0", "00", "1", "8", "15", str(phonenumbers.country_code_for_region(region))])
    )
    whole = prefix + changed
    for place in sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=3)), reverse=True):
        whole = whole[:place] + draw(GAPS) + whole[place:]
    return draw(st.sampled_from(["", "", "", "(", "+"])) + whole


KINDS = [phonenumbers.PhoneNumberType.MOBILE] * 3 + [
    phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.VOICEMAIL, phonenumbers.PhoneNumberType.VOIP,
]  # fmt: skip


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_a_number_as_its_country_writes_it_has_the_verdict_of_the_long_way(region, data):
    text = data.draw(of_a_region(region))
    assert _verdict(e164.parse, text, region) == _verdict(phone.parse, text, region)


NATIONAL = {
    "UY": ["099123456", "099 123 456", "99123456"],
    "US": ["2025550101", "(202) 555-0101", "202-555-0101"],
    "BR": ["11987654321"],
    "MX": ["5512345678"],
    "ES": ["612345678", "612 345 678"],
    "DE": ["015123456789", "0151 23456789"],
    "GB": ["07400123456"],
    "CO": ["3001234567"],
    "EC": ["0991234567"],
    "PE": ["912345678"],
}


@pytest.mark.parametrize(("region", "text"), [(region, text) for region, some in NATIONAL.items() for text in some])
def test_the_quick_way_is_taken_for_a_mobile_number_of_the_country(region, text):
    assert national.read(text, region) == phone.parse(text, region)


NOT_MOBILE = [
    ("DE", "4915112345678"), ("MX", "14155550123"), ("MX", "15512345678"), ("AR", "1123456789"), ("US", "20255501 01"),
    ("BR", "(11) 98765-4321"), ("UY", "01-05-2024"), ("UY", "2024-05-01"), ("XX", "099123456"), ("CA", "4165550101"),
]  # fmt: skip


@pytest.mark.parametrize(("region", "text"), NOT_MOBILE)
def test_a_number_that_needs_a_closer_look_gets_one(region, text):
    assert national.read(text, region) is None


def test_the_quick_way_is_taken():
    """Else the two properties above would say nothing."""
    assert e164._is_settled("+14155550101")
    assert e164._is_settled("+59899555010")
    assert not e164._is_settled("+10155550101")
