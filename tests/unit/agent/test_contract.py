"""What crosses the wire is read strictly, and reads back as it was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.messages import Ack, Beat, CameraState, Event, EventBatch, HealthState, LinkState, State, split_topic, topic
from edge_agent.contract.strict import CONTROLS, ContractError

WALL = "2026-01-02T03:04:05.000006Z"
TEXT = st.text(st.characters().filter(lambda char: not CONTROLS.match(char)), max_size=40)
TOKEN = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
OUTBOX = {"epoch": "e", "last_seq": 9, "unacknowledged": 2, "oldest_s": 1.5, "bytes": 4096, "waiting": 0, "problem": None}
BODY = st.dictionaries(TEXT, st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXT), max_size=4)


def an_event(seq: int = 1, **changes) -> Event:
    return Event(**{"seq": seq, "wall": WALL, "mono": 1.5, "boot": "b", "clock_synced": None, "cls": "camera", "body": {}, **changes})


def a_state(**changes) -> State:
    values = {
        "site": "BD-0001", "connection": "c1", "number": 1, "at": WALL, "agent": "1", "boot": "b", "uptime_s": 1.0,
        "clock": {"synced": True, "offset_s": 0.01, "source": None}, "outbox": OUTBOX, "digests": {"base": "ab"},
        "link": {"way": "tunnel", "endpoint": "hub:8883"},
        "health": {"disk": HealthState("down", "full", WALL, {"free_mb": 3, "total_mb": 9, "errors": 0}), "power": HealthState("up")},
        "cameras": (CameraState(1, "Cổng", "down", WALL, "no_answer", {"ms": 3}),), **changes,
    }  # fmt: skip
    return State(**values)


@given(BODY, TOKEN, st.booleans(), st.sampled_from([True, False, None]))
def test_a_batch_reads_back_as_it_was_written(body, boot, late, synced):
    batch = EventBatch("BD-0001", "e1", (an_event(1, body=body, boot=boot, late=late, clock_synced=synced), an_event(7)))
    assert EventBatch.parse(batch.to_bytes()) == batch


@pytest.mark.parametrize("document", [a_state(), Beat("BD-0001", "c1", 3)], ids=["state", "beat"])
def test_a_state_reads_back_as_it_was_written(document):
    assert State.parse(document.to_bytes()) == document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("clock",), []), (("clock", "synced"), "yes"), (("outbox", "bytes"), None), (("link", "way"), 1), (("digests", "base"), None),
        (("health", "disk", "status"), "fine"), (("health", "disk", "measured", "free_mb"), "3"), (("health", "disk"), None),
        (("cameras", 0, "measured"), {"ms": True}),
    ],
)  # fmt: skip
def test_a_state_with_a_wrong_field_is_refused_and_the_field_named(path, value):
    document = json.loads(a_state().to_bytes())
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(ContractError, match=str(path[-1])):
        State.parse(json.dumps(document).encode())


def test_link_and_acknowledgement_read_back_as_they_were_written():
    for document in (LinkState("BD-0001", "c1", "offline", "link_lost"), LinkState("BD-0001", "c1", "online", "", WALL)):
        assert LinkState.parse(document.to_bytes()) == document
    assert Ack.parse(Ack("BD-0001", "e", 5).to_bytes()) == Ack("BD-0001", "e", 5)


@pytest.mark.parametrize("field", ["schema", "site", "epoch", "events"])
def test_a_field_that_is_missing_is_named(field):
    document = json.loads(EventBatch("BD-0001", "e1", (an_event(),)).to_bytes())
    del document[field]
    with pytest.raises(ContractError, match=field):
        EventBatch.parse(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", True), ("seq", 0), ("seq", 1.0), ("seq", 2**63), ("wall", "yesterday"), ("wall", "2026-01-02T03:04:05"),
        ("mono", "1"), ("clock_synced", 1), ("body", []), ("cls", "no spaces"), ("late", None),
    ],
)  # fmt: skip
def test_an_event_with_a_wrong_field_is_put_aside_and_the_field_named(field, value):
    """The others of its batch are not; only one without a number takes them along, since nothing can be said of what is missing."""
    document = json.loads(EventBatch("BD-0001", "e1", (an_event(1), an_event(2))).to_bytes())
    document["events"][0][field] = value
    if field == "seq":
        with pytest.raises(ContractError, match=field):
            EventBatch.parse(json.dumps(document).encode())
        return
    batch = EventBatch.parse(json.dumps(document).encode())
    (one,) = batch.unreadable
    assert (one.seq, batch.events) == (1, (an_event(2),)) and f"event.{field}: " in one.reason
    assert json.loads(one.document) == document["events"][0]


@pytest.mark.parametrize("seqs", [(2, 1), (1, 1), ()])
def test_a_batch_whose_numbers_do_not_rise_is_refused(seqs):
    with pytest.raises(ContractError):
        EventBatch.parse(EventBatch("BD-0001", "e1", tuple(an_event(seq) for seq in seqs)).to_bytes())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_knows_no_number_for_is_refused(number):
    payload = EventBatch("BD-0001", "e1", (an_event(body={"x": 12345}),)).to_bytes().replace(b"12345", number.encode())
    with pytest.raises(ContractError, match="number"):
        EventBatch.parse(payload)


@pytest.mark.parametrize("number", ["1e999", "-1e16", "9" * 400, str(2**63), "-" + "9" * 5000])
def test_a_number_beyond_all_bounds_becomes_a_short_text(number):
    payload = EventBatch("BD-0001", "e1", (an_event(body={"x": 12345}),)).to_bytes()
    (event,) = EventBatch.parse(payload.replace(b"12345", number.encode())).events
    assert event.body == {"x": number[:24]}
    (one,) = EventBatch.parse(payload.replace(b'"mono":1.5', b'"mono":' + number.encode())).unreadable
    assert "event.mono: float is wanted" in one.reason


@pytest.mark.parametrize("at", ["2000-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-W05-1T00:00:00Z"])
def test_an_instant_is_of_this_century_and_written_in_one_way(at):
    with pytest.raises(ContractError, match=r"link\.at"):
        LinkState.parse(LinkState("BD-0001", "c1", "online", "", WALL).to_bytes().replace(WALL.encode(), at.encode()))


def test_an_instant_reads_the_same_from_every_offset():
    written = LinkState("BD-0001", "c1", "online", "", WALL).to_bytes().replace(WALL.encode(), b"2026-01-02T10:04:05.000006+07:00")
    assert LinkState.parse(written).at == WALL


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"{", b"[" * 5000, b"9" * 5000, b'{"schema":1,"site":"' + b"A" * 300_000])
def test_what_is_no_document_is_refused(payload):
    with pytest.raises(ContractError):
        EventBatch.parse(payload)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r'"\u0000"', "\ufffd"), (r'"\ud800"', "\ufffd"), (r'"\u001b[2Jall well\r\b"', "\ufffd[2Jall well\ufffd\ufffd"),
        ('"\u009b2J"', "\ufffd2J"), ('"\u202ename"', "\ufffdname"), (r'"\u2066"', "\ufffd"), ('"Cổng\\n\\t1"', "Cổng\n\t1"),
    ],
)  # fmt: skip
def test_a_character_that_cannot_be_kept_or_shown_is_replaced_in_values_and_names(sent, kept):
    written = EventBatch("BD-0001", "e1", (an_event(body={"x": "@"}),)).to_bytes().decode()
    assert EventBatch.parse(written.replace('"@"', sent).encode()).events[0].body == {"x": kept}
    assert EventBatch.parse(written.replace('"x"', sent).encode()).events[0].body == {kept: "@"}


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "C:\\u00000"])
def test_text_that_only_looks_like_that_character_stays(text):
    batch = EventBatch("BD-0001", "e1", (an_event(body={"x": text}),))
    assert EventBatch.parse(batch.to_bytes()) == batch


def test_a_field_of_a_newer_agent_is_ignored_but_a_newer_schema_is_not():
    document = json.loads(a_state().to_bytes())
    assert State.parse(json.dumps({**document, "temperature": 40}).encode()) == a_state()
    with pytest.raises(ContractError, match="schema"):
        State.parse(json.dumps({**document, "schema": 2}).encode())


@pytest.mark.parametrize("text", ["ketnoi/v1/BD-0001", "ketnoi/v2/BD-0001/state", "ketnoi/v1/bd/state", "ketnoi/v1/BD-0001/state/x"])
def test_a_topic_that_is_not_ours_is_refused(text):
    with pytest.raises(ContractError):
        split_topic(text)
    assert split_topic(topic("BD-0001", "state")) == ("BD-0001", "state")
