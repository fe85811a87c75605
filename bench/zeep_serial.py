"""`python -m bench.zeep_serial USER PASSWORD PORT...`: what bench.devices asks of our driver, done through onvif-zeep as its
users do it, one camera on loopback after the other. It neither reads back nor counts its logins."""

import sys
from datetime import UTC, datetime

from onvif import ONVIFCamera

from province.measure.devices.onvif.zeep_device import wsdl_folder

ENCODERS = ((1920, 1080, 15, 30, 2048), (640, 360, 10, 20, 384))


def configure(port: int, user: str, password: str) -> None:
    camera = ONVIFCamera("127.0.0.1", port, user, password, wsdl_dir=str(wsdl_folder()))
    device, media = camera.devicemgmt, camera.create_media_service()
    read = ("GetDeviceInformation", "GetNetworkInterfaces", "GetNTP", "GetHostname", "GetScopes", "GetDiscoveryMode", "GetUsers")
    for question in read:
        getattr(device, question)()
    device.SetNTP({"FromDHCP": False, "NTPManual": [{"Type": "IPv4", "IPv4Address": "127.0.0.1"}]})
    now = datetime.now(UTC)
    moment = {
        "Time": {"Hour": now.hour, "Minute": now.minute, "Second": now.second},
        "Date": {"Year": now.year, "Month": now.month, "Day": now.day},
    }
    device.SetSystemDateAndTime({"DateTimeType": "NTP", "DaylightSavings": False, "TimeZone": {"TZ": "ICT-7"}, "UTCDateTime": moment})
    device.SetHostname({"Name": "BENCH"})
    for configuration, wanted in zip(media.GetVideoEncoderConfigurations(), ENCODERS, strict=False):
        media.GetVideoEncoderConfigurationOptions({"ConfigurationToken": configuration.token})
        configuration.Encoding = "H264"
        configuration.Resolution.Width, configuration.Resolution.Height = wanted[:2]
        configuration.RateControl.FrameRateLimit, configuration.RateControl.BitrateLimit = wanted[2], wanted[4]
        configuration.H264 = {"GovLength": wanted[3], "H264Profile": "Main"}
        media.SetVideoEncoderConfiguration({"Configuration": configuration, "ForcePersistence": True})
    for profile in media.GetProfiles():
        media.GetStreamUri({"StreamSetup": {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}, "ProfileToken": profile.token})
    device.SetDiscoveryMode({"DiscoveryMode": "NonDiscoverable"})
    device.CreateUsers({"User": [{"Username": "kn-view", "Password": "Bench1viewerBBB1", "UserLevel": "User"}]})
    device.SetUser({"User": [{"Username": user, "Password": "Bench1adminAAAA1", "UserLevel": "Administrator"}]})


def main(user: str, password: str, *ports: str) -> None:
    for port in ports:
        configure(int(port), user, password)


if __name__ == "__main__":
    main(*sys.argv[1:])
