"""Who may say what: the broker by the certificate, the collector by the document."""

import pytest
from agent_processes import SITE
from agent_services import Talker, wait_until

from edge_agent.contract.messages import Beat, LinkState, topic

OTHER = "BD-0002"


def beat(site: str) -> bytes:
    return Beat(site, "c1", 1).to_bytes()


@pytest.mark.parametrize("kind", ["events", "state", "link", "ack"])
def test_a_facility_cannot_publish_as_another(hub, kind):
    with Talker(hub, SITE) as talker:
        assert talker.publish(topic(OTHER, kind), beat(OTHER)).getName() == "Not authorized"


def test_a_facility_cannot_acknowledge_itself_or_speak_outside_its_topics(hub):
    with Talker(hub, SITE) as talker:
        for name in (topic(SITE, "ack"), f"ketnoi/v1/{SITE}/other", "ketnoi/v1", "$SYS/x", f"ketnoi/v1/{SITE}/events/x"):
            assert talker.publish(name, beat(SITE)).is_failure, name
        assert not talker.publish(topic(SITE, "state"), beat(SITE)).is_failure


def test_a_facility_hears_nothing_of_another(hub):
    with Talker(hub, SITE) as spy, Talker(hub, OTHER) as other, Talker(hub, "collector") as collector:
        for name in ("#", "ketnoi/v1/+/events", "ketnoi/v1/+/ack", topic(OTHER, "ack"), topic(OTHER, "link")):
            spy.subscribe(name)
        spy.subscribe(topic(SITE, "ack"))
        other.publish(topic(OTHER, "link"), beat(OTHER), retain=True)
        other.publish(topic(OTHER, "events"), beat(OTHER))
        collector.publish(topic(OTHER, "ack"), b"theirs")
        collector.publish(topic(SITE, "ack"), b"mine")
        wait_until(lambda: spy.heard)
        assert set(spy.heard) == {(topic(SITE, "ack"), b"mine")}


def test_the_collector_may_not_speak_as_a_facility(hub):
    with Talker(hub, "collector") as talker:
        assert talker.publish(topic(SITE, "events"), beat(SITE)).is_failure
        assert not talker.publish(topic(SITE, "ack"), b"{}").is_failure


def test_a_certificate_of_another_authority_or_none_or_a_revoked_one_opens_nothing(hub, tmp_path):
    from agent_services import Authority

    stranger = Authority(tmp_path).issue(SITE)
    with pytest.raises((AssertionError, OSError)), Talker(hub, SITE, certificate=stranger) as talker:
        talker.publish(topic(SITE, "state"), beat(SITE))
    revoked = hub.authority.issue(SITE)
    hub.authority.revoke(revoked[0])
    hub.broker.kill()
    (hub.broker.folder / "crl.pem").write_bytes(hub.authority.crl.read_bytes())
    hub.broker.start()
    with pytest.raises((AssertionError, OSError)), Talker(hub, SITE, certificate=revoked) as talker:
        talker.publish(topic(SITE, "state"), beat(SITE))
    with Talker(hub, SITE) as talker:
        assert not talker.publish(topic(SITE, "state"), beat(SITE)).is_failure, "a certificate in force still opens"


def test_a_facility_cannot_take_anothers_session_by_its_client_id(hub):
    with Talker(hub, OTHER, client_id=OTHER) as other, Talker(hub, SITE, client_id=OTHER):
        assert not other.publish(topic(OTHER, "state"), beat(OTHER)).is_failure
        assert other.client.is_connected()
    assert f"Client {OTHER} already connected" not in hub.broker.log()


def test_a_document_that_names_another_site_is_refused_and_counted(hub, collector):
    with Talker(hub, SITE) as talker:
        talker.publish(topic(SITE, "state"), beat(OTHER))
        talker.publish(topic(SITE, "state"), b"not json")
        talker.publish(topic(SITE, "state"), beat(SITE))
        wait_until(lambda: hub.rows("SELECT 1 FROM facility_state"))
    assert hub.rows("SELECT site FROM sites") == [(SITE,)]
    refused = hub.rows("SELECT topic, reason, times FROM refusals ORDER BY reason")
    assert [(name, times) for name, _, times in refused] == [(topic(SITE, "state"), 1)] * 2
    assert OTHER in next(reason for _, reason, _ in refused if "names site" in reason)


def test_a_late_will_does_not_put_a_newer_session_offline(hub, collector):
    def link(connection: str, status) -> bytes:
        return LinkState(SITE, connection, status, "link_lost").to_bytes()

    with Talker(hub, SITE) as talker:
        talker.publish(topic(SITE, "link"), link("old", "online"))
        talker.publish(topic(SITE, "link"), link("new", "online"))
        talker.publish(topic(SITE, "link"), link("old", "offline"), retain=True)
        talker.publish(topic(SITE, "events"), b"a mark that all of it has come")
        wait_until(lambda: hub.rows("SELECT 1 FROM refusals"))
        assert hub.rows("SELECT link, connection FROM facility_state") == [("online", "new")]
        talker.publish(topic(SITE, "link"), link("new", "offline"))
        wait_until(lambda: hub.rows("SELECT 1 FROM facility_state WHERE link = 'offline'"))
