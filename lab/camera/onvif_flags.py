"""The troubles that only ONVIF makes, as rows for the table of personality.py: name -> (default, what it does)."""

from __future__ import annotations

from typing import Any

ONVIF_FLAGS: dict[str, tuple[Any, str]] = {
    # Logins
    "digest_algorithms": (["MD5"], "of the challenges, in this order: MD5, MD5-sess, SHA-256, SHA-256-sess"),
    "digest_qop": ("auth", 'of the challenges: "auth", "auth, auth-int", or "" for none (RFC 2069)'),
    "nonce_by_url": (False, "a nonce is good only at the address that it was given for; else a bad login (IOTechSystems/onvif#41)"),
    "date_header": (False, "answers carry the camera's clock in HTTP's Date"),
    "time_fault": ("", "what a token out of time is told, 'Wsse authorized time check failed' (agsh/onvif#249)"),
    "attempts_reported": (False, "a refused login is told how many are left: 'You still have 3 attempt(s).' (agsh/onvif#112)"),
    "not_activated": (False, "no administrator yet: every login is told 'The device is not activated'"),
    "password_limit_reported": (False, "GetServiceCapabilities tells the longest password: password_max or password_cut"),
    "no_login_needed": (False, "everything is answered to everybody"),
    # Clock
    "zones": ([], "time zones that are taken; others are refused with InvalidTimeZone (home-assistant/core#90820); empty: all"),
    "scopes_one_by_one": (False, "SetScopes is refused, AddScopes and RemoveScopes work"),
    "ntp_missing": (False, "GetNTP and SetNTP are not there, the clock can be set"),
    "ntp_unsettable": (False, "SetNTP is not there, GetNTP is"),
    "utc_missing": (False, "GetSystemDateAndTime tells the local time alone (agsh/onvif#65)"),
    # What it tells of its media
    "media1_missing": (False, "Media2 alone (Profile T)"),
    "h265_in_media1": (False, "Media1 says Encoding H265 with a block of its own (use-go/onvif#43)"),
    "h265_bare": (False, "Media1 gives an H.265 encoder's name and nothing else (easy_onvif_workspace#20)"),
    "first_profile_empty": (False, "the first profile carries no picture"),
    "types_by_name": (False, "Media2 knows no Type All and leaves the parts out"),
    "options_empty": (False, "encoder options are an empty list"),
    "options_missing": (False, "encoder options are a fault"),
    "options_reversed": (False, "ranges have their ends exchanged"),
    "bitrate_refused": (0, "a bitrate above this is refused although the options allow it; 0: none"),
    "both_tokens_refused": (False, "options are asked for by configuration or by profile, not by both"),
    "sound_fixed": (False, "audio can't be taken out of a profile"),
    # OSD
    "osd_text_cut": (0, "longer OSD texts are cut without a word; 0: any length (agsh/onvif#290)"),
    "osd_ascii": (False, "OSD texts with other letters are refused"),
    "osd_missing": (False, "no OSD operations"),
    # Answers
    "spoil": ([], "what happens to each ONVIF answer on its way out: rows of spoil.py"),
    "action_refused": (False, "an HTTP Content-Type that names the operation (action=) is refused (agsh/onvif#302)"),
    "soap11_only": (False, "SOAP 1.2 is answered with 200 and no byte (OpenIPC/viewer#65)"),
    # Recorders
    "recordings": (
        [],
        'Profile G, for these: [{"token", "name", "address", "from", "to", "gaps": [[from, to]], "mode": "Active"|"Idle"}], '
        "times as xs:dateTime",
    ),
    "recording_events_missing": (False, "no FindEvents: gaps can't be asked for"),
}
