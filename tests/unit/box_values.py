"""Values for the boxes' templates, as the inventory plugin and the roles' defaults give them for an-nhon-01."""

from typing import Any

HUB: dict[str, Any] = {
    "block": 5,
    "endpoint": "203.0.113.10",
    "more_endpoints": [],
    "tunnel_address": "10.5.255.193",
    "second_tunnel_address": "10.5.255.194",
    "office_address": "10.5.255.195",
    "centre_address": "10.5.255.196",
    "centre_networks": [],
    "wireguard_port": 51820,
    "mqtt_port": 8883,
    "wireguard_public_key": "aHViaHViaHViaHViaHViaHViaHViaHViaHViaHViaHU=",
}

FACILITY: dict[str, Any] = {
    "id": "BD-0001",
    "number": 1,
    "code": "an-nhon-01",
    "name": "Trường THPT An Nhơn 1",
    "tunnel_address": "10.5.0.1",
    "lan": {"network": "192.168.1.0/24", "box_address": "192.168.1.1", "topology": "routed"},
    "uplink": {"kind": "dhcp"},
    "box": {"mac": "02:4b:4e:01:00:01", "lan_mac": "02:4b:4e:01:01:01"},
    "cameras": [
        {"slot": 1, "address": "192.168.1.11", "mac": "02:4b:4e:01:00:11", "make": "generic", "driver": "onvif", "port": 80},
        {"slot": 2, "address": "192.168.1.12", "mac": "02:4b:4e:01:00:12", "make": "kbvision", "driver": "onvif", "port": 8080},
    ],
    "recorders": [],
    "switches": [],
}

VAULT: dict[str, Any] = {
    "cameras": {
        str(slot): {
            "admin": {"user": "admin", "password": f"CanaryAdmin{slot}aaaa"},
            "viewer": {"user": "kn-view", "password": f"CanaryView{slot}bbbbb"},
        }
        for slot in (1, 2)
    }
}

VIEWERS = [HUB["tunnel_address"], HUB["second_tunnel_address"], HUB["centre_address"]]

VALUES: dict[str, Any] = {
    "ketnoi_hub": HUB,
    "ketnoi_facility": FACILITY,
    "vault": VAULT,
    "base_ntp_servers": [],
    "base_time_tries": 30,
    "base_firewall_path": "/etc/ketnoi/firewall.nft",
    "tunnel_mtu": 1280,
    "tunnel_keepalive": 25,
    "tunnel_peers": [
        {
            "name": "hub",
            "public_key": HUB["wireguard_public_key"],
            "endpoint": "203.0.113.10:51820",
            "allowed": [f"10.5.255.{last}/32" for last in (193, 194, 195, 196)],
        }
    ],
    "network_uplink_interface": "eth0",
    "network_lan_interface": "eth1",
    "network_administrators": ["10.5.255.193", "10.5.255.194", "10.5.255.195"],
    "network_viewers": VIEWERS,
    "network_ports": ["80", "443", "554", "8000-8999"],
    "network_udp_ports": ["6970-6999"],
    "network_extra_rules": [],
    "network_devices": [
        {"address": "192.168.1.11", "mapped": "10.136.0.129"},
        {"address": "192.168.1.12", "mapped": "10.136.0.130"},
    ],
}
