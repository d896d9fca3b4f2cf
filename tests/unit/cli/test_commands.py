"""The commands against an API that answers as it is told: what they ask for, print, and exit with."""

import json
from pathlib import Path

import pytest

COUNTS = {
    "total": 4, "pending": 0, "deferred": 0, "leased": 0, "sending": 0, "accepted": 0, "delivered": 1, "read": 2,
    "failed": 1, "suppressed": 0, "unconfirmed": 0, "cancelled": 0, "expired": 0,
}  # fmt: skip
CAMPAIGN = {"id": "cabc", "name": "May", "state": "running", "counts": COUNTS}
REPORT = {
    "received": 10, "admitted": 2, "rejected": 7, "duplicates": 1,
    "warnings": [{"code": "no-opt-in", "count": 2, "message": "2 have no opt-in."}], "rejections_url": "/v1/rejections/u1",
}  # fmt: skip
REJECTIONS = [{"line": line, "reason": "not-a-number", "detail": "Correct it."} for line in range(2, 10)]


def test_create_prints_the_id_alone(oriel, scripted):
    scripted.answers["POST /v1/campaigns"] = (201, CAMPAIGN)

    result = oriel("campaign", "create", "--name", "May", "--sender", "clinic", "--template", "reminder", "--rate", "5")

    assert (result.exit_code, result.stdout) == (0, "cabc\n")
    assert json.loads(scripted.asked[0][2]) == {
        "name": "May",
        "sender": "clinic",
        "template": {"name": "reminder", "language": "en"},
        "rate_per_second": 5.0,
    }


def test_rules_are_sent_only_when_they_are_given(oriel, scripted):
    scripted.answers["POST /v1/campaigns"] = (201, CAMPAIGN)
    given = ["--no-require-opt-in", "--region", "UY", "--external-id", "7", "--unconfirmed", "resend", "--open"]
    given += ["--deadline", "2026-12-01T18:00:00-03:00"]

    oriel("campaign", "create", "--name", "n", "--sender", "s", "--template", "t", "--language", "es_UY", *given)

    assert json.loads(scripted.asked[0][2]) == {
        "name": "n",
        "sender": "s",
        "template": {"name": "t", "language": "es_UY"},
        "external_id": "7",
        "require_opt_in": False,
        "region": "UY",
        "unconfirmed": "resend",
        "open": True,
        "deadline_at": "2026-12-01T18:00:00-03:00",
    }


def test_import_says_what_the_gate_said(oriel, scripted):
    Path("base.csv").write_text("phone,1\n", encoding="utf-8")
    scripted.answers["POST /v1/campaigns/cabc/contacts"] = (200, REPORT)
    scripted.answers["GET /v1/rejections/u1?limit=500"] = (200, {"items": REJECTIONS, "next": None})

    result = oriel("campaign", "import", "cabc", "base.csv")

    assert result.exit_code == 0
    assert "received 10, admitted 2, rejected 7, duplicates 1" in result.stdout
    assert "Correct it." in result.stdout
    assert "and 3 more, at /v1/rejections/u1" in result.stdout
    assert "warning: 2 have no opt-in." in result.stdout


def test_import_says_how_many_rows_replaced_an_earlier_one(oriel, scripted):
    Path("base.csv").write_text("phone,1\n", encoding="utf-8")
    report = {**REPORT, "rejected": 0, "duplicates": 2, "replaced": 1}
    scripted.answers["POST /v1/campaigns/cabc/contacts"] = (200, report)
    scripted.answers["GET /v1/rejections/u1?limit=500"] = (200, {"items": REJECTIONS[:2], "next": None})

    assert "duplicates 2 (1 replaced the earlier row)" in oriel("campaign", "import", "cabc", "base.csv").stdout


def test_import_as_json_is_one_document(oriel, scripted):
    Path("base.ndjson").write_text("{}\n", encoding="utf-8")
    scripted.answers["POST /v1/campaigns/cabc/contacts"] = (200, {**REPORT, "rejected": 0, "duplicates": 0})

    result = oriel("campaign", "import", "cabc", "base.ndjson", "--json")

    assert json.loads(result.stdout)["rejections"] == []
    assert scripted.asked[0][1]["Content-Type"] == "application/x-ndjson"


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_an_order_says_what_the_campaign_is_now(oriel, scripted, verb):
    scripted.answers[f"POST /v1/campaigns/cabc/{verb}"] = (202, {**CAMPAIGN, "state": "paused", "reason": "operator"})

    result = oriel("campaign", verb, "cabc")

    assert result.stdout == "paused (operator): 4 of 4 done, delivered 1, read 2, failed 1\n"


def test_start_shows_it_once(oriel, scripted):
    started = {**CAMPAIGN, "warnings": [{"code": "no-opt-in", "count": 1, "message": "1 of 4 has no opt-in."}]}
    scripted.answers["POST /v1/campaigns/cabc/start"] = (202, started)

    result = oriel("campaign", "start", "cabc", "--json")

    assert json.loads(result.stdout) == started
    assert result.stderr == "warning: 1 of 4 has no opt-in.\n"
    assert scripted.lines == ["POST /v1/campaigns/cabc/start"]


@pytest.mark.parametrize(("end", "status"), [("finished", 0), ("cancelled", 1), ("paused", 1)])
def test_following_ends_with_the_campaign(oriel, scripted, end, status):
    scripted.answers["GET /v1/campaigns/cabc"] = [(200, CAMPAIGN), (200, CAMPAIGN), (200, {**CAMPAIGN, "state": end})]

    result = oriel("campaign", "status", "cabc", "--follow")

    assert result.exit_code == status
    assert result.stdout.splitlines()[-1].startswith(f"{end}: 4 of 4 done")


def test_following_as_json_leaves_stdout_to_the_document(oriel, scripted):
    scripted.answers["GET /v1/campaigns/cabc"] = (200, {**CAMPAIGN, "state": "finished"})

    result = oriel("campaign", "status", "cabc", "-f", "--json")

    assert json.loads(result.stdout)["state"] == "finished"
    assert "finished: 4 of 4" in result.stderr


def test_status_draws_every_count(oriel, scripted):
    scripted.answers["GET /v1/campaigns/cabc"] = (200, CAMPAIGN)

    drawn = oriel("campaign", "status", "cabc").stdout

    assert [line.split()[0] for line in drawn.splitlines()[1:]] == [
        "accepted", "delivered", "read", "failed", "suppressed", "unconfirmed", "waiting",
    ]  # fmt: skip


def test_results_go_to_stdout_as_they_are(oriel, scripted):
    scripted.answers["GET /v1/campaigns/cabc/results.csv?state=failed"] = (200, b"contact,state\r\nk1,failed\r\n")

    assert oriel("campaign", "results", "cabc", "--state", "failed").stdout_bytes == b"contact,state\r\nk1,failed\r\n"


def test_a_file_of_results_appears_when_it_is_whole(oriel, scripted, tmp_path):
    scripted.answers["GET /v1/campaigns/cabc/results.csv"] = (200, b"contact\n")

    assert oriel("campaign", "results", "cabc", "-o", "out.csv").exit_code == 0
    assert (tmp_path / "out.csv").read_bytes() == b"contact\n"


def test_no_file_of_results_is_left_by_a_failure(oriel, tmp_path):
    result = oriel("campaign", "results", "cabc", "-o", "out.csv")

    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_results_as_json_are_one_list(oriel, scripted):
    scripted.answers["GET /v1/campaigns/cabc/results.ndjson"] = (200, b'{"contact": "k1"}\n{"contact": "k2"}\n')

    assert json.loads(oriel("campaign", "results", "cabc", "--json").stdout) == [{"contact": "k1"}, {"contact": "k2"}]


def test_templates_are_listed_by_sender(oriel, scripted):
    items = [{"sender": "clinic", "name": "reminder", "remedy": None}]
    scripted.answers["GET /v1/templates?limit=500&sender=clinic"] = (200, {"items": items, "next": None})

    assert oriel("template", "list", "--sender", "clinic").stdout.split() == ["sender", "name", "clinic", "reminder"]


def test_senders_are_listed(oriel, scripted):
    items = [{"id": "clinic", "provider": "twilio", "rate_per_second": 80.0}]
    scripted.answers["GET /v1/senders?limit=500"] = (200, {"items": items, "next": None})

    assert json.loads(oriel("sender", "list", "--json").stdout) == {"items": items}


def test_an_opt_in_is_sent_as_it_was_said(oriel, scripted):
    scripted.answers["POST /v1/opt-ins"] = (200, {"recorded": 1, "rejected": []})

    result = oriel("optin", "+14155550123", "--source", "web_form", "--evidence", "form 7")

    assert (result.exit_code, result.stdout) == (0, "recorded 1, rejected 0\n")
    assert json.loads(scripted.asked[0][2]) == {"contact": "+14155550123", "source": "web_form", "evidence": "form 7"}


def test_many_opt_ins_are_one_file(oriel, scripted):
    Path("optins.csv").write_text("contact,source\n", encoding="utf-8")
    rejected = [{"line": 2, "reason": "bad-contact", "detail": "Correct it."}]
    scripted.answers["POST /v1/opt-ins"] = (200, {"recorded": 0, "rejected": rejected})

    result = oriel("optin", "--file", "optins.csv")

    assert result.exit_code == 1
    assert "bad-contact" in result.stdout
    assert (scripted.asked[0][1]["Content-Type"], scripted.asked[0][2]) == ("text/csv", b"contact,source\n")


def test_an_opt_out_is_sent_as_it_was_said(oriel, scripted):
    scripted.answers["POST /v1/opt-outs"] = (200, {"recorded": 1, "rejected": []})

    result = oriel("optout", "+14155550123", "--source", "agent", "--scope", "marketing")

    assert (result.exit_code, result.stdout) == (0, "recorded 1, rejected 0\n")
    assert json.loads(scripted.asked[0][2]) == {"contact": "+14155550123", "source": "agent", "scope": "marketing"}


def test_many_opt_outs_are_one_file(oriel, scripted):
    Path("optouts.csv").write_text("contact,source\n", encoding="utf-8")
    scripted.answers["POST /v1/opt-outs"] = (200, {"recorded": 0, "rejected": []})

    assert oriel("optout", "--file", "optouts.csv").exit_code == 0
    assert (scripted.asked[0][1]["Content-Type"], scripted.asked[0][2]) == ("text/csv", b"contact,source\n")


def test_words_and_labels_of_a_campaign(oriel, scripted):
    scripted.answers["POST /v1/campaigns"] = (201, CAMPAIGN)
    given = ["--opt-out-word", "END", "--answer", "yes=yes, sí", "--answer", "no=no", "--answer", "yes=claro"]

    oriel("campaign", "create", "--name", "n", "--sender", "s", "--template", "t", *given)
    oriel("campaign", "create", "--name", "n", "--sender", "s", "--template", "t", "--opt-out-word", "")

    first, second = (json.loads(body) for _, _, body in scripted.asked)
    assert (first["opt_out_words"], first["answers"]) == (["END"], {"yes": ["yes", "sí", "claro"], "no": ["no"]})
    assert second["opt_out_words"] == []
    assert "answers" not in second


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("status", "exit_status"), [(400, 2), (404, 2), (409, 2), (422, 2), (500, 1), (503, 1)])
def test_a_problem_is_a_sentence_and_an_exit_status(oriel, scripted, status, exit_status):
    scripted.answers["GET /v1/campaigns/c"] = (status, {"code": "the-code", "detail": "What is wrong."})

    result = oriel("campaign", "status", "c")

    assert result.exit_code == exit_status
    assert result.stderr == "oriel: What is wrong. (the-code)\n"


def test_a_problem_as_json_is_a_document_too(oriel, scripted):
    scripted.answers["GET /v1/campaigns/c"] = (404, {"code": "campaign-not-found", "detail": "There is none."})

    document = json.loads(oriel("campaign", "status", "c", "--json").stdout)

    assert document == {"code": "campaign-not-found", "detail": "There is none."}


def test_with_nothing_running_a_command_starts_nothing(oriel, monkeypatch, tmp_path):
    monkeypatch.delenv("ORIEL_API_URL")

    result = oriel("campaign", "status", "c")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"oriel: Nothing is running in {tmp_path / '.oriel'}: start `oriel up`")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["campaign", "create", "--name", "n"],
        ["campaign", "import", "c", "missing.csv"],
        ["campaign", "import", "c", "base.xlsx"],
        ["optin"],
        ["optin", "+14155550123"],
        ["optin", "+14155550123", "--source", "s", "--file", "base.xlsx"],
        ["optout"],
        ["optout", "+14155550123"],
        ["reply", "+14155550123", "hello"],
        ["reply", "+14155550123", "--sender", "s"],
        ["reply", "+14155550123", "x", "--sender", "s", "--media", "https://example.com/a.png"],
        ["reply", "+14155550123", "x", "--sender", "s", "--kind", "image"],
        ["reply", "+14155550123", "x", "--sender", "s", "--quick-reply", "yes"],
        ["session", "show", "clinic"],
        ["explain"],
        ["campaign", "create", "--name", "n", "--sender", "s", "--template", "t", "--answer", "yes"],
        ["up", "--scale", "sender"],
        ["up", "--scale", "sender=none"],
        ["demo", "--contacts", "4"],
        ["demo", "--provider", "carrier-pigeon"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_exit_status_2(oriel, arguments):
    Path("base.xlsx").write_bytes(b"")

    assert oriel(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "command",
    [
        ["up"], ["demo"], ["optin"], ["optout"], ["reply"], ["explain"], ["session", "show"],
        ["template", "list"], ["sender", "list"],
        *(["campaign", verb] for verb in ("create", "import", "start", "pause", "resume", "cancel", "redrive")),
        ["campaign", "status"], ["campaign", "results"],
    ],
)  # fmt: skip
def test_every_command_has_an_example_and_json(oriel, command):
    text = oriel(*command, "--help").stdout

    assert "Example: oriel " + " ".join(command) in " ".join(text.split())
    assert "--json" in text


NEEDED = {"code": "confirmation-needed", "detail": "98 of 100 have no opt-in."}


def test_start_without_a_terminal_says_what_to_confirm_and_starts_nothing(oriel, scripted):
    scripted.answers["POST /v1/campaigns/cabc/start"] = (409, NEEDED)

    result = oriel("campaign", "start", "cabc")

    assert result.exit_code == 2
    assert "98 of 100 have no opt-in." in result.stderr
    assert len(scripted.asked) == 1


def test_start_with_yes_confirms(oriel, scripted):
    scripted.answers["POST /v1/campaigns/cabc/start"] = (202, CAMPAIGN)

    assert oriel("campaign", "start", "cabc", "--yes").exit_code == 0
    assert json.loads(scripted.asked[0][2]) == {"confirm": True}


@pytest.mark.parametrize(("said", "status", "asked"), [("y\n", 0, [{}, {"confirm": True}]), ("\n", 1, [{}])])
def test_start_asks_a_person_where_few_would_be_written_to(oriel, scripted, monkeypatch, said, status, asked):
    scripted.answers["POST /v1/campaigns/cabc/start"] = [(409, NEEDED), (202, CAMPAIGN)]
    monkeypatch.setattr("workers.cli.campaign_actions._may_ask", lambda _invocation: True)

    result = oriel("campaign", "start", "cabc", input=said)

    assert result.exit_code == status
    assert "98 of 100 have no opt-in." in result.stderr
    assert [json.loads(body) for _, _, body in scripted.asked] == asked


JOINING = {"code": "upload-joining", "detail": "3 rows of an upload are being joined to the campaign."}


def test_start_waits_until_the_base_has_joined(oriel, scripted, monkeypatch):
    monkeypatch.setattr("workers.cli.campaign_actions.JOIN_POLL_SECONDS", 0)
    scripted.answers["POST /v1/campaigns/cabc/start"] = [(409, JOINING), (409, JOINING), (202, CAMPAIGN)]

    result = oriel("campaign", "start", "cabc", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (0, CAMPAIGN)
    assert result.stderr.count("3 rows of an upload are being joined") == 1
    assert [json.loads(body) for _, _, body in scripted.asked] == [{}, {}, {}]
    keys = [headers["Idempotency-Key"] for _, headers, _ in scripted.asked]
    assert len(set(keys)) == 3


def test_start_asks_a_person_about_the_whole_base_once_it_has_joined(oriel, scripted, monkeypatch):
    monkeypatch.setattr("workers.cli.campaign_actions.JOIN_POLL_SECONDS", 0)
    monkeypatch.setattr("workers.cli.campaign_actions._may_ask", lambda _invocation: True)
    scripted.answers["POST /v1/campaigns/cabc/start"] = [(409, JOINING), (409, NEEDED), (202, CAMPAIGN)]

    assert oriel("campaign", "start", "cabc", input="y\n").exit_code == 0
    assert [json.loads(body) for _, _, body in scripted.asked] == [{}, {}, {"confirm": True}]


def test_start_does_not_wait_for_ever(oriel, scripted, monkeypatch):
    monkeypatch.setattr("workers.cli.campaign_actions.JOIN_WAIT_SECONDS", 0)
    scripted.answers["POST /v1/campaigns/cabc/start"] = (409, JOINING)

    result = oriel("campaign", "start", "cabc")

    assert result.exit_code == 2
    assert "3 rows of an upload are being joined" in result.stderr
    assert len(scripted.asked) == 1


def test_redrive_says_which_contacts(oriel, scripted):
    scripted.answers["POST /v1/campaigns/cabc/redrive"] = (202, CAMPAIGN)

    given = ["--state", "failed", "--state", "unconfirmed", "--code", "63016", "--code", "7", "--yes"]
    assert oriel("campaign", "redrive", "cabc", *given).exit_code == 0
    assert oriel("campaign", "redrive", "cabc").exit_code == 0
    assert [json.loads(body) for _, _, body in scripted.asked] == [
        {"states": ["failed", "unconfirmed"], "codes": ["63016", "7"], "confirm": True},
        {"states": ["failed"], "codes": [], "confirm": False},
    ]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_results_into_a_folder_that_is_missing_make_it(oriel, scripted, form):
    scripted.answers["GET /v1/campaigns/cabc/results.csv"] = (200, b"contact\n")
    scripted.answers["GET /v1/campaigns/cabc/results.ndjson"] = (200, b"{}\n")

    result = oriel("campaign", "results", "cabc", "-o", "out/of/here.csv", *(["--json"] if form == "json" else []))

    assert (result.exit_code, result.exception) == (0, None)
    assert Path("out/of/here.csv").read_bytes() in {b"contact\n", b"[{}]\n"}
    assert [path.name for path in Path("out/of").iterdir()] == ["here.csv"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_results_that_cannot_be_written_are_a_sentence_before_any_download(oriel, scripted, form):
    Path("file").write_text("")

    result = oriel("campaign", "results", "cabc", "-o", "file/here.csv", *(["--json"] if form == "json" else []))

    assert result.exit_code == 1
    assert "file/here.csv cannot be written" in result.stderr
    assert "Traceback" not in result.output
    assert scripted.asked == []


@pytest.mark.parametrize("wrong", ["", "../opt-ins", "c/start", "c?x", "c#x", "ñ", "%2e"])
@pytest.mark.parametrize("verb", ["start", "pause", "resume", "cancel", "redrive", "status", "results"])
def test_what_is_no_campaigns_id_asks_the_api_for_nothing(oriel, scripted, verb, wrong):
    result = oriel("campaign", verb, wrong)

    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert scripted.asked == []


def test_a_problem_that_the_detail_tells_already_is_told_once(oriel, scripted):
    detail = "The body is not as it should be: name: is missing."
    errors = [{"field": "name", "problem": "is missing"}, {"field": "sender", "problem": "is unknown"}]
    scripted.answers["POST /v1/campaigns/cabc/pause"] = (400, {"code": "bad", "detail": detail, "errors": errors})

    result = oriel("campaign", "pause", "cabc")

    assert result.stderr == f"oriel: {detail} sender: is unknown. (bad)\n"
