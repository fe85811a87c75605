"""One rule for each check of the standard: what was measured -> met, not met, or unknown."""

from collections.abc import Callable, Mapping

from province.judging import access, cameras, continuity, papers, recordings, settings, sites
from province.judging.case import Case, Finding

RULES: Mapping[str, Callable[[Case], Finding | None]] = {
    rule.__name__: rule
    for rule in (
        papers.surveyed,
        papers.plan_agreed,
        papers.opinion_on_file,
        papers.focal_point_complete,
        papers.conformity_declared,
        papers.firmware_current,
        sites.zones_covered,
        sites.serving_watched,
        sites.channel_protected,
        sites.box_clock,
        sites.lifeline_up,
        sites.tunnel_up,
        sites.agent_connected,
        sites.cameras_confined,
        sites.box_ports,
        sites.box_password_refused,
        sites.box_host_key,
        cameras.playable_centre,
        cameras.playable_hub,
        cameras.codec,
        cameras.size,
        cameras.rate,
        cameras.keyframe_distance,
        cameras.camera_clock,
        cameras.accounts_as_wanted,
        cameras.name,
        cameras.not_discoverable,
        cameras.factory_password_refused,
        cameras.stream_needs_login,
        cameras.password_unique,
        settings.ntp_source,
        settings.audio_off,
        settings.smart_codec_off,
        settings.services_off,
        settings.sub_stream,
        settings.osd,
        access.access_given,
        recordings.recording_now,
        recordings.days_kept,
        recordings.recording_gaps,
        recordings.recorder_storage,
        recordings.recorder_room,
        recordings.recorder_clock,
        continuity.continuous_operation,
        continuity.connection_held,
        continuity.silences,
    )
}
"""Check id -> its rule, which gives None where the check does not apply. A check that has no rule can't be judged: unknown."""
