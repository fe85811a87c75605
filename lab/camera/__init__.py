"""A network camera played over real sockets: ONVIF over HTTP, RTSP, and a memory of its own.

    /usr/bin/python3 -m lab.camera --config camera.json        (prints ``ready`` on stdout when it serves)

It shares no code with the drivers and verifiers that it is there to judge; it needs Python 3.11, lxml and ffmpeg.
Its RTSP server is its own: gst-rtsp-server was measured light enough (29 MB, 0.08 s of CPU to start), but hides what
this camera must show: each login, good or bad, lock-outs, sessions that a write cuts, sockets that stay open without
a packet. This one takes 28 MB and 0.2 s of CPU to start, for everything.

camera.json is one object (``config.Config`` has the defaults):
    make model serial mac address netmask gateway interface http_port rtsp_port ntp_port
    state_file control_socket clip_dir
    clock_offset_s   the camera's clock less the host's, in seconds, when it leaves the factory
    factory          true: off standard in every way (makes.py); false: a tidy 1080p15 camera. Counts only while there
                     is no state_file
    factory_account  {"user","password"} in place of the make's
    factory_state    {"encoder.width": 704, ...}: single values in place of the make's
    personality      troubles to play: personality.py is the table. A ``model`` that has a file in personalities/ plays what
                     stands there

Control socket: unix, one JSON object a line each way. Answer: {"ok": true, "value": ...} or {"ok": false, "error"}.
    {"op":"get"}             the whole state; "path" for a part of it; "secrets": true to see passwords
    {"op":"settings"}        what the device is set to, in words that are no protocol's (settings.py)
    {"op":"set","path":"encoder.width","value":640}
                             behind everybody's back: no login, no journal, no personality
    {"op":"set","path":"personality.hang","value":true}
                             the same for a personality flag; it lasts as long as the process
    {"op":"reboot"}          answered when the camera serves again; so is {"op":"factory_reset"}
    {"op":"rest"}            answered when what earlier writes began is done: sockets that open again
    {"op":"freeze","value":true}
                             streams stop, sockets stay open
    {"op":"writes"}          each ONVIF write: {"at","op","user","peer","result"}; result is "ok" or the fault
    {"op":"logins"}          each login: {"at","last","via","user","peer","result","count"}; via wss|http|rtsp; result
                             ok|bad_password|unknown_user|stale|replay|locked; equal "ok"s in a row are one
    {"op":"unlock"}          ends a lock-out
    {"op":"forget"}          empties both journals
    {"op":"status"}          {"pid","boots","clock_offset_s","sessions":[...],"locked_until","frozen","cpu_s"}
Both journals live as long as the process, across simulated reboots. Paths of the state: see ``makes.factory_state``.
"""
