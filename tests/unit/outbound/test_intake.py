import asyncio
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from shared.ground.columns import PHONE_NAMES
from shared.ground.errors import InputError, TooLarge
from shared.ground.ids import SenderId
from shared.ground.phone_spelling import REMEDIES, Cause
from shared.outbound.intake import MAX_ROW_BYTES, MEDIA_TYPES, OptInClaim, Reason, Rejection, Row, read_rows
from shared.outbound.intake.whole import split_params
from shared.templates.model import Category, Template, TemplateStatus

CSV, NDJSON, JSON = MEDIA_TYPES
A, B = "+14155550101", "+14155550102"


def template(body, name="appointment_reminder", language="en", status=TemplateStatus.APPROVED):
    return Template(SenderId("clinic"), name, language, Category.UTILITY, status, None, body)


NUMBERED = template("Your {{1}} appointment is coming up on {{2}}.")
NAMED = template("{{name}}, you owe {{amount_due}}{{ currency }}.")
PLAIN = template("We are open again.")


async def _stream(parts):
    for part in parts:
        yield part


def read(raw, media_type=CSV, of=PLAIN, region="US", timezone="UTC", siblings=()):
    raw = raw.encode() if isinstance(raw, str) else raw

    async def verdicts():
        return [verdict async for verdict in read_rows(_stream([raw]), media_type, of, region, timezone, siblings)]

    return asyncio.run(verdicts())


def refused(raw, media_type=CSV, of=PLAIN, **given):
    with pytest.raises(InputError) as caught:
        read(raw, media_type, of, **given)
    return caught.value


def only(verdicts):
    assert len(verdicts) == 1, verdicts
    return verdicts[0]


# ── what a file may look like ───────────────────────────────────────────────────────────────────────────────────────

TWO_ROWS = [Row(2, A, {"1": "cut", "2": "May 5"}), Row(3, B, {"1": "wash", "2": "May 6"})]


@pytest.mark.parametrize(
    "raw",
    [
        f"phone,1,2\n{A},cut,May 5\n{B},wash,May 6\n",
        f"phone,1,2\n{A},cut,May 5\n{B},wash,May 6",
        f"phone,1,2\r\n{A},cut,May 5\r\n{B},wash,May 6\r\n",
        f"phone,1,2\r{A},cut,May 5\r{B},wash,May 6\r",
        f"phone;1;2\n{A};cut;May 5\n{B};wash;May 6\n",
        f"phone\t1\t2\n{A}\tcut\tMay 5\n{B}\twash\tMay 6\n",
        f"\ufeffphone,1,2\n{A},cut,May 5\n{B},wash,May 6\n",
        f'"phone","1","2"\n"{A}","cut","May 5"\n"{B}","wash","May 6"\n',
        f' PHONE , {{{{1}}}} , 2\n {A} , cut , May 5\n{B}, "wash",  May 6\n',
        f"2,1,Telefono\nMay 5,cut,{A}\nMay 6,wash,{B}\n",
        f"phone,params\n{A},cut|May 5\n{B},wash|May 6|\n",
        f"phone,params,2\n{A},cut|May 1,May 5\n{B},wash|May 6,\n",
        f"phone;1;2;;\n{A};cut;May 5;;\n{B};wash;May 6\n;;;;\n \n;;;;;;\n",
        f"phone,1,2\n{A},c\0ut,May 5\n\0{B},wash,May 6\n",
    ],
)
def test_csv_dialects(raw):
    assert read(raw, CSV, NUMBERED) == TWO_ROWS


@pytest.mark.parametrize(
    "raw",
    [
        f"phone,1,2\n\n\n{A},cut,May 5\n",
        f"\n \r\nphone,1,2\n{A},cut,May 5\n",
        f'phone,1,"2"\n,,\n  \n{A},cut,May 5\n',
        f'phone,1,2,"a\n\n"\n{A},cut,May 5\n',
    ],
)
def test_blank_lines_are_counted_and_ignored(raw):
    assert only(read(raw, CSV, NUMBERED)) == Row(4, A, {"1": "cut", "2": "May 5"})


def test_a_row_may_hold_lines_and_is_numbered_by_its_first():
    raw = f'phone,note\n{A},"one\r\ntwo, ""quoted""\n\n"\n{B},"x\ny"\n{A},5" pipe\n{B},z\n'
    assert [(row.line, row.own["note"]) for row in read(raw)] == [
        (2, 'one\r\ntwo, "quoted"'),
        (6, "x\ny"),
        (8, '5" pipe'),
        (9, "z"),
    ]


@pytest.mark.parametrize("name", [*PHONE_NAMES, "TELÉFONO", "tele\u0301fono", " Phone "])
def test_names_of_the_phone_column(name):
    assert only(read(f"{name}\n{A}\n")) == Row(2, A, {})


@pytest.mark.parametrize(
    "raw",
    [
        "name,Amount due,CURRENCY,phone\nAnn,5,€,{A}\n",
        "NAME;amount_due;{{currency}};phone\nAnn;5;€;{A}\n",
        "name,amount-due,currency,phone\nAnn,5,€,{A}\n",
        "params,phone\nAnn|5|€,{A}\n",
    ],
)
def test_named_placeholders(raw):
    assert only(read(raw.replace("{A}", A), CSV, NAMED)).parameters == {
        "name": "Ann",
        "amount_due": "5",
        "currency": "€",
    }


def test_a_placeholder_goes_before_what_its_name_means_elsewhere():
    raw = f"destination,phone,language,text\n{A},our desk,Welsh,hello\n"
    row = only(read(raw, CSV, template("Call {{phone}} in {{language}}, {{text}}")))
    assert row == Row(2, A, {"phone": "our desk", "language": "Welsh", "text": "hello"})


def test_other_columns_are_kept_unless_empty():
    raw = f"phone,City,text,hsm,Note, note\n{A}, Salto ,We are open again.,,,x\n"
    assert only(read(raw)).own == {"City": "Salto", "note": "x"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a|b", ["a", "b"]),
        ("a||", ["a", "", ""]),
        (r"a\|b|c", ["a|b", "c"]),
        (r"a\\|b", ["a\\", "b"]),
        (r"a\\\|b", [r"a\|b"]),
        (r"C:\x|\y" + "\\", [r"C:\x", r"\y" + "\\"]),
        ("a\\|\n|b", ["a|\n", "b"]),
    ],
)
def test_split_params(text, values):
    assert split_params(text) == values


# ── the optional columns ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_column():
    raw = (
        "phone,language,timezone,Contact ID,send at,priority,opt_in_source,opt_in_at,opt_in_evidence,opt_in_scope\n"
        f"{A},es,America/Montevideo,C-1,2026-05-01 10:30,9,web form,2026-01-02,form 7,all\n"
    )
    assert only(read(raw)) == Row(
        2,
        A,
        {},
        language="es",
        priority=9,
        send_at=datetime(2026, 5, 1, 13, 30, tzinfo=UTC),
        timezone="America/Montevideo",
        external_contact_id="C-1",
        opt_in=OptInClaim("web form", datetime(2026, 1, 2, 3, tzinfo=UTC), "form 7", "all"),
    )


@pytest.mark.parametrize(
    ("columns", "cells", "field", "value"),
    [
        ("priority", "", "priority", 0),
        ("priority", " 9 ", "priority", 9),
        ("send_at", "2026-05-01T10:30Z", "send_at", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("send_at", "2026-05-01T10:30:00-03:00", "send_at", datetime(2026, 5, 1, 13, 30, tzinfo=UTC)),
        ("send_at", "2026-05-01T10:30", "send_at", datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
        ("send_at,timezone", "2026-05-01 10:30,Asia/Tokyo", "send_at", datetime(2026, 5, 1, 1, 30, tzinfo=UTC)),
        ("send_at,timezone", "2026-05-01T10:30Z,Asia/Tokyo", "send_at", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("timezone", "UTC", "timezone", "UTC"),
        ("opt_in_source", "agent", "opt_in", OptInClaim("agent", None, None, None)),
        ("opt_in_source,opt_in_at", ",", "opt_in", None),
    ],
)
def test_optional_values(columns, cells, field, value):
    row = only(read(f"phone,{columns}\n{A},{cells}\n", timezone="Europe/Madrid"))
    assert getattr(row, field) == value


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "\n\nSEP=;\n", "\ufeffsep=;\r"])
def test_a_first_line_that_names_the_separator_is_no_header(first):
    """The header alone would be divided by its commas."""
    row = only(read(f"{first}phone;a,b,c\n{A};x,y\n"))
    assert (row.own, row.line) == ({"a,b,c": "x,y"}, 3 + first.count("\n\n") * 2)


# ── rows that cannot be used ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cell", "region", "reason"),
    [
        ("", "US", Reason.MISSING_PHONE),
        ("  ", "US", Reason.MISSING_PHONE),
        ("whatsapp:", "US", Reason.MISSING_PHONE),
        ("unknown", "US", Reason.NOT_A_NUMBER),
        ("4.15555E+09", "US", Reason.NOT_A_NUMBER),
        ("4155550101.0", "US", Reason.NOT_A_NUMBER),
        ("+14155550101 (Ana)", "US", Reason.NOT_A_NUMBER),
        ("+14155550101 p1", "US", Reason.NOT_A_NUMBER),
        ("+14155550101/7", "US", Reason.NOT_A_NUMBER),
        ("+14155550101.00", "US", Reason.NOT_A_NUMBER),
        ("+1415555010O", "US", Reason.NOT_A_NUMBER),
        ("+55 8765-4321", "BR", Reason.IMPOSSIBLE_NUMBER),
        ("+54 2345-6789", "AR", Reason.IMPOSSIBLE_NUMBER),
        ("+14155550101.0", "US", Reason.NOT_A_NUMBER),
        ("+1415555010", "US", Reason.IMPOSSIBLE_NUMBER),
        ("+141555501011", "US", Reason.IMPOSSIBLE_NUMBER),
        ("4155550101", None, Reason.NO_COUNTRY_CODE),
        ("+9994155550101", "US", Reason.NO_COUNTRY_CODE),
    ],
)
def test_numbers_refused(cell, region, reason):
    verdict = only(read(f"phone,note\n{cell},x\n", region=region))
    assert (type(verdict), verdict.line, verdict.reason) == (Rejection, 2, reason)


@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ("5,98991E+11", Cause.SCIENTIFIC), ("+598 99 123 456 (Ana)", Cause.LETTERS), ("59899123456.00", Cause.AMOUNT),
        ("22345678.90", Cause.AMOUNT), ("$ 22.345.678", Cause.AMOUNT), ("2024-03-12", Cause.DATE),
        ("2024-03-12 10:30:00", Cause.DATE),
    ],
)  # fmt: skip
def test_a_refused_number_is_explained_without_being_shown(cell, cause):
    verdicts = [
        only(read(f'phone;note\n"{cell}";x\n', region="UY")),
        only(read(f'[{{"phone": "{cell}"}}]', JSON, region="UY")),
    ]
    for verdict in verdicts:
        assert verdict.detail == f"The phone column {REMEDIES[cause]}."
        assert cell == "5,98991E+11" or cell not in verdict.detail  # the example that the remedy shows itself


def test_a_json_number_that_was_rounded_is_refused():
    assert only(read('[{"phone": 5.98991E+11}]', JSON, region="UY")).reason == "not-a-number"


@pytest.mark.parametrize("cell", [A, "+1 (415) 555-0101", "001 415 555 0101", "415-555-0101", "whatsapp:" + A, "'" + A])
def test_numbers_read(cell):
    assert only(read(f'phone\n"{cell}"\n')).address == A


@pytest.mark.parametrize(
    ("header", "row", "reason", "words"),
    [
        ("phone,1,2", f"{A},cut,", "missing-parameter", ["2"]),
        ("phone,1,2", f"{A},cut", "missing-parameter", ["2"]),
        ("phone,1,2", f"{A}", "missing-parameter", ["1, 2"]),
        ("phone,params", f"{A},cut", "missing-parameter", ["2"]),
        ("phone,params", f"{A},|May 5", "missing-parameter", ["1"]),
        ("phone,params,text", f"{A},,hello", "no-template-matches", []),
        ("phone,params,text", f"{A},,", "missing-parameter", ["1, 2"]),
        ("phone,params", f"{A},cut|May 5|x|y", "surplus-parameter", ["params[3], params[4]"]),
        ("phone,1,2", f'{A},"a\nb",May 5', "malformed-parameter", ["1", "one line"]),
        ("phone,1,2", f"{A},cut,May      5", "malformed-parameter", ["2", "four spaces"]),
        ("phone,1,2", f"{A},cut,May 5,6", "too-many-columns", ["double quotes"]),
        ("phone,1,2,", f"{A},cut,May 5,6", "too-many-columns", ["double quotes"]),
        ("phone,1,2,priority", f"{A},cut,May 5,10", "bad-priority", ["0 to 9"]),
        ("phone,1,2,priority", f"{A},cut,May 5,-1", "bad-priority", []),
        ("phone,1,2,priority", f"{A},cut,May 5,high", "bad-priority", []),
        ("phone,1,2,priority", f"{A},cut,May 5,٣", "bad-priority", []),
        ("phone,1,2,timezone", f"{A},cut,May 5,Montevideo", "bad-timezone", ["America/Montevideo"]),
        ("phone,1,2,timezone", f"{A},cut,May 5,America/Argentina", "bad-timezone", []),
        ("phone,1,2,timezone", f"{A},cut,May 5,localtime", "bad-timezone", []),
        ("phone,1,2,timezone", f"{A},cut,May 5,../../etc/passwd", "bad-timezone", []),
        ("phone,1,2,timezone", f"{A},cut,May 5,{'x/' * 100}", "bad-timezone", []),
        ("phone,1,2,send_at", f"{A},cut,May 5,tomorrow", "bad-send-at", ["2026-05-01T10:30"]),
        ("phone,1,2,send_at", f"{A},cut,May 5,2026-05-01", "bad-send-at", ["with a time"]),
        ("phone,1,2,send_at", f"{A},cut,May 5,01/05/2026 10:30", "bad-send-at", []),
        ("phone,1,2,send_at", f"{A},cut,May 5,0001-01-01T00:00+14:00", "bad-send-at", []),
        ("phone,1,2,opt_in_at", f"{A},cut,May 5,2026-05-01", "bad-opt-in", ["opt_in_source"]),
        ("phone,1,2,opt_in_source,opt_in_at", f"{A},cut,May 5,web,May 1", "bad-opt-in", ["opt_in_at"]),
    ],
)
def test_rows_refused(header, row, reason, words):
    verdict = only(read(f"{header}\n{row}\n", CSV, NUMBERED))
    assert (verdict.line, verdict.reason) == (2, reason)
    assert all(word in verdict.detail for word in words)
    assert A not in verdict.detail


def test_one_bad_row_does_not_wedge_the_rest():
    verdicts = read(f"phone,1,2\n{A},cut,May 5\nnobody,cut,May 5\n{B},wash,May 6\n", CSV, NUMBERED)
    assert [type(verdict) for verdict in verdicts] == [Row, Rejection, Row]


# ── a row that holds its parameters as one text ─────────────────────────────────────────────────────────────────────

SPANISH = template("Su cita de {{1}} es el {{2}}.", language="es")
PAUSED = template("We moved to {{1}}.", "moved", status=TemplateStatus.PAUSED)
OTHER = template("See you on {{1}}.", "see_you")
TWIN = template("See you on {{1}}.", "see_you_again")
SIBLINGS = (NUMBERED, SPANISH, PAUSED, OTHER, TWIN)


@pytest.mark.parametrize(
    ("column", "cell", "language", "values"),
    [
        ("text", "Your cut appointment is coming up on May 5.", "en", ["cut", "May 5"]),
        ("text", "Your  cut appointment\u00a0is coming up on May 5. ", "en", ["cut", "May 5"]),
        ("text", "Su cita de corte es el 5/5.", "es", ["corte", "5/5"]),
        ("text", "hsm|appointment_reminder|en|cut|May 5", "en", ["cut", "May 5"]),
        ("hsm", "hsm|appointment_reminder|es|corte|5/5", "es", ["corte", "5/5"]),
        ("hsm", r"appointment_reminder||cut \| colour|May 5", "en", ["cut | colour", "May 5"]),
    ],
)
def test_a_text_is_read_back_to_template_language_and_parameters(column, cell, language, values):
    row = only(read(f"phone,{column}\n{A},{cell}\n", CSV, NUMBERED, siblings=SIBLINGS))
    assert (row.language, list(row.parameters.values())) == (language, values)


@pytest.mark.parametrize(
    ("column", "cell", "reason", "words"),
    [
        ("text", "Hello!", "no-template-matches", ["no enabled template", "word by word"]),
        ("text", "We moved to Main St.", "no-template-matches", ["enabled"]),
        ("text", "See you on Monday.", "ambiguous-text", ["columns of their own"]),
        ("hsm", "hsm|see_you|en|Monday", "other-template", ["a campaign of its own"]),
        ("hsm", "hsm|appointment_reminder", "bad-hsm", ["hsm|template|language"]),
        ("text", "hsm||en|x", "bad-hsm", []),
        ("hsm", "hsm|appointment_reminder|en|cut", "missing-parameter", ["2"]),
        ("hsm", "hsm|appointment_reminder|en|cut|May 5|x", "surplus-parameter", []),
    ],
)
def test_a_text_that_cannot_be_read_back(column, cell, reason, words):
    verdict = only(read(f"phone,{column}\n{A},{cell}\n", CSV, NUMBERED, siblings=SIBLINGS))
    assert (verdict.line, verdict.reason) == (2, reason)
    assert all(word in verdict.detail for word in words)


def test_a_text_of_another_template_is_refused():
    verdict = only(read(f"phone,text\n{A},See you on Monday.\n", CSV, NUMBERED, siblings=(NUMBERED, OTHER)))
    assert verdict.reason == "other-template"


@pytest.mark.parametrize("media_type", [NDJSON, JSON])
def test_texts_in_json(media_type):
    raw = json.dumps({"phone": A, "text": "Your cut appointment is coming up on May 5."})
    row = only(read(f"[{raw}]" if media_type == JSON else raw, media_type, NUMBERED, siblings=SIBLINGS))
    assert list(row.parameters.values()) == ["cut", "May 5"]


# ── files that cannot be used ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("", "empty-file", ["empty"]),
        ("\ufeff", "empty-file", []),
        ("\n \r\n\n", "empty-file", []),
        ("name,1,2\nAnn,x,y\n", "no-phone-column", ["phone, destination", "name, 1, 2"]),
        (f"{A},cut,May 5\n{B},wash,May 6\n", "no-header", ["first line looks like a contact"]),
        ("415 555-0101;cut\n", "no-header", []),
        ("phone,1\n", "no-placeholder-column", ["No column for 2", "phone, 1"]),
        ("phone,1,2,Phone\n", "duplicate-column", ["Phone"]),
        ("phone,celular,1,2\n", "duplicate-column", ["celular"]),
        ("phone,1,2,x,x\n", "duplicate-column", ["x"]),
        ("phone,1,2,{{1}}\n", "duplicate-column", ["{{1}}"]),
        ("phone,1,2,contact id,contact_id\n", "duplicate-column", ["contact_id"]),
        (f'phone,1,2\n{A},cut,May 5\n{A},"cut,May 5\n{B},x,y\n', "unbalanced-quote", ["line 3"]),
        ('"phone,1,2', "unbalanced-quote", ["line 1"]),
        ("phone,1,2\n" + A + ",café,x\n".encode().decode("latin-1"), None, []),
        (b"phone,1,2\n+14155550101,caf\xe9,x\n", "not-utf-8", ["byte 26", "UTF-8"]),
        (b"\xef\xbb\xbfphone,1,2\n+14155550101,\xe9", "not-utf-8", ["byte 23"]),
        ("phone,1,2\n".encode("utf-16"), "not-utf-8", ["byte 0", "iconv -f UTF-16"]),
        (b"phone,1,2\n\xf0\x9f\x98", "not-utf-8", ["byte 10"]),
        ("phone,1,2\n" + "x" * (MAX_ROW_BYTES + 1), "row-too-long", ["Line 2", "64 KiB"]),
        ("phone,1,2\n\n" + '"' + "x\n" * MAX_ROW_BYTES, "row-too-long", ["starts in line 3"]),
    ],
)
def test_csv_files_refused(raw, code, words):
    if code is None:
        assert only(read(raw, CSV, NUMBERED)).parameters["1"] == "cafÃ©"
        return
    error = refused(raw, CSV, NUMBERED)
    assert error.code == code
    assert isinstance(error, TooLarge) is (code == "row-too-long")
    assert all(word in error.detail for word in words), error.detail
    assert "555" not in error.detail


def test_a_row_may_be_as_long_as_the_bound():
    head = f"phone,note\n{A},"
    row = only(read(head + "x" * (MAX_ROW_BYTES - len(A) - 1) + "\r\n"))
    assert len(row.own["note"]) == MAX_ROW_BYTES - len(A) - 1


@pytest.mark.parametrize(
    ("media_type", "code"),
    [
        ("text/csv", None),
        ("Text/CSV; charset=UTF-8", None),
        ('text/csv; header=present; charset="utf-8"', None),
        ("text/csv; charset=iso-8859-1", "not-utf-8"),
        ("application/vnd.ms-excel", "unsupported-media-type"),
        ("", "unsupported-media-type"),
    ],
)
def test_media_types(media_type, code):
    raw = f"phone\n{A}\n"
    if code is None:
        assert read(raw, media_type) == [Row(2, A, {})]
    else:
        assert refused(raw, media_type).code == code


def test_the_unsupported_media_type_names_the_three_that_are():
    assert all(media_type in refused("", "text/plain").detail for media_type in MEDIA_TYPES)


def test_an_unknown_zone_of_the_campaign_is_refused():
    assert refused("phone\n", timezone="Mars/Olympus").code == "bad-timezone"


def test_what_came_before_the_fault_is_given_first():
    seen = []

    async def exhaust():
        async for verdict in read_rows(_stream([f"phone\n{A}\n{B}\n".encode() + b"\xff\n"]), CSV, PLAIN, None):
            seen.append(verdict.line)  # noqa: PERF401 (what is seen before the error is the point)

    with pytest.raises(InputError):
        asyncio.run(exhaust())
    assert seen == [2, 3]


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────────────────────

OBJECTS = [
    {"phone": A, "1": "cut", "2": "May 5"},
    {"phone": A, "params": ["cut", "May 5"]},
    {"phone": A, "params": ["cut", "May 5", None, ""]},
    {"phone": A, "params": {"2": "May 5", "1": "cut", "3": None}},
    {"phone": A, "params": "cut|May 5"},
    {"Phone": A, "1": "cut", "params": {"2": "May 5"}},
    {"destination": A, "1": "cut", "2": "May 5", "priority": None},
    {"phone": 14155550101, "1": " c\0ut", "2": "May 5"},
]


@pytest.mark.parametrize("indent", [None, 2])
def test_objects(indent):
    array = read(json.dumps(OBJECTS, indent=indent), JSON, NUMBERED)
    assert array == [Row(n, A, {"1": "cut", "2": "May 5"}) for n in range(1, len(OBJECTS) + 1)]
    assert array == read("\n".join(json.dumps(element) for element in OBJECTS), NDJSON, NUMBERED)


def test_numbers_stay_as_written_and_other_values_become_text():
    raw = (
        '{"phone": 14155550101, "1": 1.50, "2": 12345678901234567890123, "priority": 7, "contact_id": 7e1,'
        '"vip": true, "no": false, "none": null, "tags": ["a", {"b": 1.0}]}'
    )
    row = only(read(raw, NDJSON, NUMBERED))
    assert row.parameters == {"1": "1.50", "2": "12345678901234567890123"}
    assert (row.priority, row.external_contact_id) == (7, "7e1")
    assert row.own == {"vip": "true", "no": "false", "tags": '["a",{"b":"1.0"}]'}


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("[]", "not-an-object"),
        ("12", "not-an-object"),
        ('"+14155550101"', "not-an-object"),
        ("null", "not-an-object"),
        ('{"1": "a", "2": "b"}', "missing-phone"),
        ("{}", "missing-phone"),
        ('{"phone": null, "1": "a", "2": "b"}', "missing-phone"),
        ('{"phone": ["+14155550101", "+14155550102"], "1": "a", "2": "b"}', "not-a-number"),
        ('{"phone": "+14155550101", "1": "a"}', "missing-parameter"),
        ('{"phone": "+14155550101", "1": "a", "2": null}', "missing-parameter"),
        ('{"phone": "+14155550101", "text": "a"}', "no-template-matches"),
        ('{"phone": "+14155550101", "params": {"1": "a", "2": "b", "x": "c"}}', "surplus-parameter"),
        ('{"phone": "+14155550101", "params": ["a", "b", "c"]}', "surplus-parameter"),
        ('{"phone": "+14155550101", "1": ["a"], "2": "b"}', "malformed-parameter"),
        ('{"phone": "+14155550101", "1": true, "2": "b"}', "malformed-parameter"),
        ('{"phone": "+14155550101", "params": true}', "malformed-parameter"),
        ('{"phone": "+14155550101", "params": [["a"], "b"]}', "malformed-parameter"),
        ('{"phone": "+14155550101", "params": {"1": {}, "2": "b"}}', "malformed-parameter"),
        ('{"phone": "+14155550101", "1": "a\\nb", "2": "b"}', "malformed-parameter"),
        ('{"phone": "+14155550101", "1": "a", "2": "b", "priority": true}', "bad-priority"),
        ('{"phone": "+14155550101", "1": "a", "2": "b", "celular": "+14155550102"}', "duplicate-column"),
        ('{"phone": "+14155550101", "1": "a", "2": "b", "": "c"}', "too-many-columns"),
        ('{"phone": "+14155550101", "1": "\\ud83d", "2": "b"}', "malformed-text"),
        ('{"phone": "+14155550101", "1": "a", "2": "b", "\\udc00": ""}', "malformed-text"),
        ('{"phone": "+14155550101", "1": "\\ud83d\\ude00", "2": "\\u00e9"}', None),
    ],
)
def test_elements_refused(element, reason):
    for raw, media_type in ((element, NDJSON), (f"[{element}]", JSON)):
        verdict = only(read(raw, media_type, NUMBERED))
        assert getattr(verdict, "reason", None) == reason
        assert reason is None or "555" not in verdict.detail


@pytest.mark.parametrize(
    ("element", "address"),
    [
        ('{"phone": "+14155550101", "1": ["a"], "2": "b"}', A),
        ('{"phone": "+14155550101", "1": true, "2": "b"}', A),
        ('{"phone": 14155550101, "params": {"1": {}, "2": "b"}}', A),
        ('{"phone": "+14155550101", "params": true}', A),
        ('{"phone": "+14155550101", "1": "\\ud83d", "2": "b"}', A),
        ('{"\\udc00": "", "phone": "+14155550101", "1": "a"}', A),
        ('{"phone": "+14155550101\\ud83d", "1": "a", "2": "b"}', None),
        ('"+14155550101"', A),
        ('["+14155550101", "a", "b"]', A),
        ('["\\ud83d"]', None),
        ('[["+14155550101"]]', None),
        ("[]", None),
        ("12", None),
        ("null", None),
    ],
)
def test_whom_a_refused_element_is_about_is_known_where_it_can_be_read(element, address):
    for raw, media_type in ((element, NDJSON), (f"[{element}]", JSON)):
        assert only(read(raw, media_type, NUMBERED)).address == address


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        ("[]", []),
        (" [ \n ] \r\n", []),
        ("\ufeff[]", []),
        ('[{"phone":"+14155550101"}]', [1]),
        ('[ {"phone":"+14155550101"} , \n {"phone":"+14155550102","a":{"b":["]}"]}} ] ', [1, 2]),
        (r'[{"phone":"+14155550101","a":"\"]},[{\\"},{"phone":"+14155550102"}]', [1, 2]),
    ],
)
def test_arrays(raw, lines):
    assert [row.line for row in read(raw, JSON)] == lines


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("", "empty-file", []),
        (" \n", "empty-file", []),
        ("{}", "malformed-json", ["byte 0", "application/x-ndjson"]),
        ('{"contacts": []}', "malformed-json", []),
        ("\ufeff x", "malformed-json", ["byte 1"]),
        ("[", "malformed-json", ["byte 1", "does not end"]),
        ('[{"phone": "+14155550101"}', "malformed-json", ["does not end"]),
        ('[{"phone": "+14155550101}]', "malformed-json", ["does not end"]),
        ("[,]", "malformed-json", ["comma", "byte 1"]),
        ("[1,]", "malformed-json", ["comma", "byte 3"]),
        ("[1 2]", "malformed-json", ["Contact 1 (byte 1)", "character 3"]),
        ("[1,{]", "malformed-json", ["bracket", "byte 4"]),
        ("[1}", "malformed-json", ["bracket", "byte 2"]),
        ("[nan]", "malformed-json", []),
        ("[NaN]", "malformed-json", ["NaN"]),
        ('[{"a": -Infinity}]', "malformed-json", ["NaN"]),
        ("[1] 2", "malformed-json", ["follows", "byte 4"]),
        ("[1]]", "malformed-json", ["follows", "byte 3"]),
        ("[" + "[" * 30_000 + "]" * 30_000 + "]", "malformed-json", ["nested too deep"]),
        (b'[1,{"a":"\xe9"}]', "not-utf-8", ["byte 9"]),
        ("[]".encode("utf-16"), "not-utf-8", ["byte 0", "iconv -f UTF-16"]),
        ('[1,"' + "x" * MAX_ROW_BYTES + '"]', "row-too-long", ["Contact 2"]),
    ],
)
def test_arrays_refused(raw, code, words):
    error = refused(raw, JSON)
    assert error.code == code
    assert isinstance(error, TooLarge) is (code == "row-too-long")
    assert all(word in error.detail for word in words), error.detail


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("", "empty-file", []),
        ("\n\n", "empty-file", []),
        ('{"phone": "+14155550101"}\n{"phone"\n', "malformed-json", ["Line 2", "character"]),
        ('{"phone": "+14155550101"} {}', "malformed-json", ["Line 1"]),
        ("[\n{}\n]", "malformed-json", ["Line 1", "application/json is one array"]),
        ("[" * 30_000, "malformed-json", ["nested too deep"]),
        (b'{}\n"\xff"', "not-utf-8", ["byte 4"]),
        ('{}\n"' + "x" * MAX_ROW_BYTES + '"', "row-too-long", ["Line 2"]),
    ],
)
def test_ndjson_refused(raw, code, words):
    error = refused(raw, NDJSON)
    assert error.code == code
    assert all(word in error.detail for word in words), error.detail


def test_blank_lines_in_ndjson_are_counted_and_ignored():
    assert [row.line for row in read(f'\n{{"phone":"{A}"}}\r\n \n{{"phone":"{B}"}}', NDJSON)] == [2, 4]


# ── bounds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("media_type", "head", "filler"),
    [
        (CSV, b"phone,1,2\n+14155550101,", b"x"),
        (CSV, b'phone,1,2\n+14155550101,"', b"x,y\n"),
        (CSV, b"", b"x,"),
        (NDJSON, b'{"phone":"', b"x"),
        (JSON, b'[{"phone":"', b"x"),
        (JSON, b"[", b'{"a":['),
        (JSON, b"[1", b" "),
    ],
)
def test_a_row_of_200_mb_is_refused_before_it_is_read(media_type, head, filler):
    taken = 0

    async def chunks():
        nonlocal taken
        yield head
        for _ in range(200 * 1024):
            taken += 1024
            yield filler * (1024 // len(filler))

    async def exhaust():
        async for _ in read_rows(chunks(), media_type, NUMBERED, "US"):
            pass

    with pytest.raises(TooLarge):
        asyncio.run(exhaust())
    assert taken <= 2 * MAX_ROW_BYTES


@pytest.mark.parametrize(
    ("media_type", "head", "row", "tail"),
    [
        (CSV, b"phone,1,2\n", b'+14155550101,"cut",May 5\n', b""),
        (NDJSON, b"", b'{"phone":"+14155550101","1":"cut","2":"May 5"}\n', b""),
        (JSON, b"[", b'{"phone":"+14155550101","1":"cut","2":"May 5"},', b"0]"),
    ],
)
def test_what_is_held_does_not_grow_with_the_file(media_type, head, row, tail):
    async def chunks():
        yield head
        for _ in range(500):
            yield row * 40
        yield tail

    async def count():
        counted = 0
        async for _ in read_rows(chunks(), media_type, NUMBERED, "US"):
            counted += 1
        return counted

    tracemalloc.start()
    try:
        assert asyncio.run(count()) >= 500 * 40
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 256 * 1024 < 500 * len(row * 40)  # and the rows themselves would be twenty times the file


def test_nothing_private_shows_in_a_repr():
    row = only(
        read(f"phone,1,2,contact_id,note,opt_in_source,opt_in_evidence\n{A},Ann,B,C-1,D,web,call 7\n", CSV, NUMBERED)
    )
    assert not any(private in repr(row) for private in (A, "Ann", "C-1", "D'", "call 7"))
