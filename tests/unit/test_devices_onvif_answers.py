"""What real devices answered, short, with who published it: how the driver understands it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from edge_agent.devices import xmlsafe
from edge_agent.devices.exchange import Answer
from edge_agent.devices.model import Range
from edge_agent.devices.onvif import clock, media, osd, read, recordings
from edge_agent.devices.onvif.encoders import _configuration
from edge_agent.devices.onvif.session import Source
from edge_agent.devices.soap import NS, AuthRejected, SoapFault, _read
from edge_agent.devices.xmlsafe import Element

DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())


def element(inner: str, attributes: str = "") -> Element:
    return xmlsafe.parse(f"<r {DECLARED} {attributes}>{inner}</r>".encode())


def fault(codes: str, reason: str, status: int = 400) -> Answer:
    nested = "".join(f"<s:Subcode><s:Value>{c}</s:Value>" for c in codes.split()) + "</s:Subcode>" * len(codes.split())
    said = f"<s:Code><s:Value>s:Sender</s:Value>{nested}</s:Code><s:Reason><s:Text>{reason}</s:Text></s:Reason>"
    return Answer(status, {}, f"<s:Envelope {DECLARED}><s:Body><s:Fault>{said}</s:Fault></s:Body></s:Envelope>".encode())


@pytest.mark.parametrize(
    ("answer", "kind", "unsupported"),
    [
        (fault("ter:ActionNotSupported ter:NotImplemented", "This optional method is not implemented"), SoapFault, True),  # hammeraj/onvif
        (fault("ter:ActionNotSupported ter:AudioNotSupported", "No audio support", 500), SoapFault, True),  # hammeraj/onvif
        (fault("", "Method 'tr2:GetProfiles' not implemented: method name or namespace not recognized", 500), SoapFault, True),  # gSOAP
        (fault("ter:InvalidArgVal ter:InvalidParameter", "the parameter value is illegal"), SoapFault, False),  # hammeraj/onvif
        (
            fault("ter:NotAuthorized", "Sender not Authorized. Invalid username or password! You still have 24 attempt(s)."),
            AuthRejected,
            False,
        ),
        (fault("", "An error was discovered processing the &lt;wsse:Security&gt; header.", 500), SoapFault, False),  # agsh/onvif#301
        (fault("", "Wsse authorized time check failed.", 500), AuthRejected, False),  # agsh/onvif#249
        (Answer(401, {}, b"<!DOCTYPE html>\r\n<html><body>Access Error: 401</body></html>"), AuthRejected, False),  # evercam-server#10
        (Answer(403, {}, b"<html>403 Forbidden</html>"), AuthRejected, False),
        (Answer(404, {}, b"<html>404 Not Found</html>"), SoapFault, True),
        (Answer(500, {}, b""), SoapFault, False),
    ],
)  # fmt: skip
def test_a_refusal_is_told_from_what_is_not_there(answer: Answer, kind: type[Exception], unsupported: bool) -> None:
    with pytest.raises(SoapFault) as error:
        _read(answer)
    assert type(error.value) is kind and error.value.unsupported == unsupported


def test_a_prefix_that_stands_in_an_attribute_only_costs_nothing() -> None:
    """Bosch 5100i IR, as 0x524A/onvif-go published it: default namespaces, and a prefix called _xmlns."""
    root = xmlsafe.parse(
        f'<Envelope xmlns="{NS["s"]}" xmlns:_xmlns="xmlns" _xmlns:tt="{NS["tt"]}"><Body><GetDeviceInformationResponse xmlns="{NS["tds"]}">'
        "<Manufacturer>Bosch</Manufacturer></GetDeviceInformationResponse></Body></Envelope>".encode()
    )
    found = xmlsafe.find(root, "Body/GetDeviceInformationResponse")
    assert found is not None and read.identity(found).maker == "Bosch"


def test_dahuas_h265_in_media1_has_its_keyframes() -> None:
    """use-go/onvif#43."""
    raw = element("<tt:Encoding>H265</tt:Encoding><tt:H265><tt:GovLength>2</tt:GovLength></tt:H265>", 'token="e"')
    found = media._encoder("p", raw, 1)
    assert found is not None and (found.codec, found.gov) == ("h265", 2)


def test_an_encoder_of_which_only_the_name_is_told_is_none() -> None:
    """easy_onvif_workspace#20."""
    assert media._encoder("p", element("<tt:Name>VideoEncoderConfig</tt:Name><tt:UseCount>1</tt:UseCount>"), 1) is None


def test_fractions_and_absurd_limits_are_understood() -> None:
    """Rates as hammeraj/onvif has them; limits as in agsh/onvif#233; ends exchanged."""
    size = "<tt:ResolutionsAvailable><tt:Width>2147483647</tt:Width><tt:Height>1</tt:Height></tt:ResolutionsAvailable>"
    bitrate = "<tt:BitrateRange><tt:Min>16384</tt:Min><tt:Max>32</tt:Max></tt:BitrateRange>"
    options = (
        f'<tr2:O GovLengthRange="1 250" FrameRatesSupported="12.5 12 10 0.5 0.0625"><tt:Encoding>H264</tt:Encoding>{size}{bitrate}</tr2:O>'
    )
    found = media._options2(xmlsafe.find_all(element(options), "O"))["h264"]
    assert (found.fps_list, found.gov, found.bitrate, found.sizes) == ((12, 10), Range(1, 250), Range(32, 16384), ())


def test_a_configuration_goes_back_by_the_schema() -> None:
    """Foscam sends xsi:type (frigate#9706), others the service's namespace, or an empty element first."""
    raw = element(
        '<trt:Encoding xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x:y">H264</trt:Encoding><tt:Name/><tt:Name>n</tt:Name>'
        "<tt:Extension><v:own xmlns:v='urn:maker'>1</v:own></tt:Extension>",
        'token="e"',
    )
    made = _configuration("trt", raw)
    assert [etree.QName(e).namespace for e in made] == [NS["tt"]] * 3 and made.get("token") == "e"
    assert [xmlsafe.text(made, n) for n in ("Encoding", "Name", "Extension/own")] == ["H264", "n", "1"]
    assert not made[0].attrib and etree.QName(made[-1][0]).namespace == "urn:maker"


OSDS = (
    '<trt:OSDs token="t"><tt:TextString><tt:Type>DateAndTime</tt:Type></tt:TextString></trt:OSDs>'
    '<trt:OSDs token="a"><tt:TextString><tt:Type>Plain</tt:Type><tt:PlainText>other</tt:PlainText></tt:TextString></trt:OSDs>'
    '<trt:OSDs token="b"><tt:TextString><tt:Type>Plain</tt:Type><tt:PlainText>Camera 01</tt:PlainText><tt:Extension><tt:ChannelName>true'
    "</tt:ChannelName></tt:Extension></tt:TextString></trt:OSDs>"
)


@pytest.mark.parametrize(("text", "token"), [(None, "b"), ("new", "b"), ("other", "a")])
def test_of_several_texts_the_channels_name_is_ours(text: str | None, token: str) -> None:
    """Hikvision's extension, as hammeraj/onvif has it."""
    found = osd._ours(xmlsafe.find_all(element(OSDS), "OSDs"), Source(None, 1), text)
    assert found is not None and found.get("token") == token


def at(*parts: int) -> datetime:
    return datetime(2021, 6, *parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("there", "local", "zone", "expected"),
    [
        (at(1, 12), at(1, 19), "ICT-7", at(1, 12)),
        (at(1, 19), at(1, 19), "ICT-7", at(1, 12)),  # local time as UTC: OpenIPC/majestic-webui#292
        (at(1, 12), at(1, 12), "ICT-7", at(1, 12)),  # UTC in both
        (None, at(1, 19), "CST-7:00:00", at(1, 12)),  # agsh/onvif#65
        (None, None, "ICT-7", None),
        (at(1, 10), at(1, 10), "UTC0", at(1, 10)),
    ],
)
def test_utc_is_found_under_whatever_name(there: Any, local: Any, zone: str, expected: Any) -> None:
    assert clock.utc(there, local, zone, at(1, 12, 0, 1)) == expected


def test_changes_of_a_track_become_spans() -> None:
    events = [(at(1, 5), False), (at(1, 1), True), (at(1, 6), True), (at(1, 6), False), (at(3, 0), True), (at(1, 0), False)]
    assert recordings.joined(events, at(1, 2), at(2, 0)) == ((at(1, 2), at(1, 5)),)
    assert recordings.joined([(at(1, 3), True)], at(1, 0), at(1, 4)) == ((at(1, 3), at(1, 4)),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-06-01T12:00:00Z", at(1, 12)),
        ("2021-06-01T19:00:00+07:00", at(1, 12)),
        ("2021-06-01T12:00:00", at(1, 12)),
        ("soon", None),
        (None, None),
    ],
)
def test_moments_are_read_with_and_without_a_zone(value: str | None, expected: datetime | None) -> None:
    assert recordings.moment(value) == expected
