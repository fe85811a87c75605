"""Writes the desired document that edge_agent.contract.devices reads."""

from collections.abc import Iterable

from edge_agent.contract.desired import (
    WrittenAccount,
    WrittenAccounts,
    WrittenChannel,
    WrittenDevice,
    WrittenDocument,
    WrittenEncoder,
    WrittenNetwork,
    WrittenSite,
)
from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredEncoder, DesiredNetwork


def written(devices: Iterable[DesiredDevice], site: WrittenSite, state_dir: str | None = None) -> WrittenDocument:
    """The document that `devices.read` makes these devices of. Contains secrets."""
    return {"schema": 1, "site": site, "state_dir": state_dir, "devices": [_written(device) for device in devices]}


def _written(device: DesiredDevice) -> WrittenDevice:
    found: WrittenDevice = {
        "slot": device.slot,
        "address": device.address,
        "port": device.port,
        "driver": device.driver,
        "kind": device.kind,
        "mac": device.mac,
        "name": device.name,
        "osd": device.osd,
        "factory": [_written_account(account) for account in device.factory],
        "ntp": device.ntp,
        "timezone": device.timezone,
        "clock_s": device.clock_s,
        "encoder": _written_encoder(device.encoder),
        "sub_encoder": _written_encoder(device.sub_encoder),
        "discovery": device.discovery,
        "audio": device.audio,
        "smart_codec": device.smart_codec,
        "services_off": list(device.services_off),
        "network": _written_network(device.network),
        "channels": None if device.channels is None else [_written_channel(channel) for channel in device.channels],
        "recording": device.recording,
        "recording_days": device.recording_days,
        "no_access": None,
        "deadline_s": device.deadline_s,
        "lockout_s": device.lockout_s,
    }
    if said := device.no_access:
        found["no_access"] = {"reason": said.reason, "date": said.date, "witness": said.witness}
    accounts: WrittenAccounts = {}
    if device.admin:
        accounts["admin"] = _written_account(device.admin)
    if device.previous:
        accounts["previous"] = _written_account(device.previous, device.rotation)
    if device.viewer:
        accounts["viewer"] = _written_account(device.viewer)
    if accounts:
        found["accounts"] = accounts
    return found


def _written_account(account: Account, since: str | None = None) -> WrittenAccount:
    found: WrittenAccount = {"user": account.user, "password": account.password}
    if since:
        found["since"] = since
    return found


def _written_encoder(encoder: DesiredEncoder | None) -> WrittenEncoder | None:
    if encoder is None:
        return None
    return {
        "codec": encoder.codec,
        "width": encoder.width,
        "height": encoder.height,
        "fps": encoder.fps,
        "keyframe_s": encoder.keyframe_s,
        "bitrate_kbps": encoder.bitrate_kbps,
        "most_height": encoder.most_height,
    }


def _written_network(network: DesiredNetwork | None) -> WrittenNetwork | None:
    if network is None:
        return None
    return {"prefix": network.prefix, "gateway": network.gateway, "dns": list(network.dns)}


def _written_channel(channel: DesiredChannel) -> WrittenChannel:
    return {
        "number": channel.number,
        "name": channel.name,
        "address": channel.address,
        "port": channel.port,
        "protocol": channel.protocol,
        "account": _written_account(channel.account, channel.since),
        "rtsp_path": channel.rtsp_path,
        "bitrate_kbps": channel.bitrate_kbps,
    }
