"""What crosses the wire is read strictly, and reads back as it was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.messages import Ack, Beat, CameraState, Event, EventBatch, HealthState, LinkState, State, split_topic, topic
from edge_agent.contract.strict import ContractError

WALL = "2026-01-02T03:04:05.000006Z"
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
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


@given(BODY, TEXT, st.booleans(), st.sampled_from([True, False, None]))
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
def test_an_event_with_a_wrong_field_is_refused_and_the_field_named(field, value):
    document = json.loads(EventBatch("BD-0001", "e1", (an_event(),)).to_bytes())
    document["events"][0][field] = value
    with pytest.raises(ContractError, match=field):
        EventBatch.parse(json.dumps(document).encode())


@pytest.mark.parametrize("seqs", [(2, 1), (1, 1), ()])
def test_a_batch_whose_numbers_do_not_rise_is_refused(seqs):
    with pytest.raises(ContractError):
        EventBatch.parse(EventBatch("BD-0001", "e1", tuple(an_event(seq) for seq in seqs)).to_bytes())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_the_database_cannot_keep_is_refused(number):
    payload = EventBatch("BD-0001", "e1", (an_event(body={"x": 12345}),)).to_bytes().replace(b"12345", number.encode())
    with pytest.raises(ContractError, match="number"):
        EventBatch.parse(payload)


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"{", b"[" * 5000, b"9" * 5000, b'{"schema":1,"site":"' + b"A" * 300_000])
def test_what_is_no_document_is_refused(payload):
    with pytest.raises(ContractError):
        EventBatch.parse(payload)


def test_a_character_that_the_database_cannot_keep_is_replaced_or_refused():
    assert EventBatch.parse(
        EventBatch("BD-0001", "e1", (an_event(boot="@"),)).to_bytes().replace(b'"@"', b'"\\u0000"')
    ).events[0].boot == "\ufffd"  # fmt: skip
    with pytest.raises(ContractError, match="JSON"):
        EventBatch.parse(EventBatch("BD-0001", "e1", (an_event(boot="@"),)).to_bytes().replace(b'"@"', b'"\\ud800"'))


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "C:\\u00000"])
def test_text_that_only_looks_like_that_character_stays(text):
    batch = EventBatch("BD-0001", "e1", (an_event(boot=text),))
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
